"""The line to NATS: one connection a process, made when it is needed and made anew after it broke."""

from __future__ import annotations

import asyncio

import nats
import structlog
from nats.aio.client import Client
from nats.js import JetStreamContext

log = structlog.get_logger(__name__)

CONNECT_SECONDS = 2
API_SECONDS = 5.0
# A server that says nothing for two of them is gone, whatever the line pretends.
PING_SECONDS = 5


class Line:
    """Servers at `nats://a:4222` or `tls://a:4222,tls://b:4222`; credentials are those in the address.

    The client's own reconnecting is off: it would keep what was sent meanwhile and send it to a server that may have lost
    its data. Whoever asks next connects anew, to any of the servers, and learns what became of it.
    """

    def __init__(self, url: str) -> None:
        self._servers = url.split(",")
        self._client: Client | None = None
        self._connecting = asyncio.Lock()

    async def client(self) -> Client:
        if self._client is not None and self._client.is_connected:
            return self._client
        async with self._connecting:
            if self._client is None or not self._client.is_connected:
                await self.close()
                self._client = await nats.connect(
                    self._servers,
                    allow_reconnect=False,
                    connect_timeout=CONNECT_SECONDS,
                    ping_interval=PING_SECONDS,
                    max_outstanding_pings=2,
                    error_cb=_note,
                )
            return self._client

    async def jetstream(self) -> JetStreamContext:
        return (await self.client()).jetstream(timeout=API_SECONDS)

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is not None and not client.is_closed:
            await client.close()


async def _note(error: Exception) -> None:
    """What the client has nobody to raise to."""
    log.info("jetstream.line", error=repr(error))
