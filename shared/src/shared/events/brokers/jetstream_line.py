"""The line to NATS: one connection a process, made when it is needed and made anew after it broke."""

from __future__ import annotations

import asyncio
import random
from typing import Any
from urllib.parse import unquote, urlsplit

import structlog
from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js import JetStreamContext

log = structlog.get_logger(__name__)

CONNECT_SECONDS = 2
API_SECONDS = 5.0
# A server that says nothing for two of them is gone, whatever the line pretends.
PING_SECONDS = 5


class Line:
    """Servers at `nats://a:4222` or `tls://a:4222,tls://b:4222`; user and password, or a token, are those in the address.

    The client's own reconnecting is off: it would keep what was sent meanwhile and send it to a server that may have lost
    its data. Whoever asks next connects anew, to any of the servers, and learns what became of it.
    """

    def __init__(self, url: str) -> None:
        self._servers = [_server(each) for each in url.split(",")]
        self._client: Client | None = None
        self._connecting = asyncio.Lock()

    async def client(self) -> Client:
        if self._client is not None and self._client.is_connected:
            return self._client
        async with self._connecting:
            if self._client is None or not self._client.is_connected:
                await self.close()
                self._client = await self._connect()
            return self._client

    async def _connect(self) -> Client:
        """To the first that lets us in, in any order; raises what the last one said."""
        servers = random.sample(self._servers, len(self._servers))
        failure: Exception = ConnectionError("no server is named")
        for address, credentials in servers:
            client = Client()
            try:
                await client.connect(
                    address,
                    allow_reconnect=False,
                    # Else the first connection alone is tried for two minutes, and nobody could be stopped meanwhile.
                    max_reconnect_attempts=1,
                    reconnect_time_wait=0,
                    connect_timeout=CONNECT_SECONDS,
                    ping_interval=PING_SECONDS,
                    max_outstanding_pings=2,
                    error_cb=_note,
                    **credentials,
                )
            except BaseException as error:
                # One that was refused keeps its socket.
                await client.close()
                if not isinstance(error, (NatsError, OSError)):
                    raise
                failure = error
            else:
                return client
        raise failure

    async def jetstream(self) -> JetStreamContext:
        return (await self.client()).jetstream(timeout=API_SECONDS)

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is not None and not client.is_closed:
            await client.close()


def _server(url: str) -> tuple[str, dict[str, Any]]:
    """An address without credentials, and these: the client would take them as they are written, `%40` for `@`."""
    parsed = urlsplit(url.strip())
    address = parsed._replace(netloc=parsed.netloc.rpartition("@")[2]).geturl()
    if parsed.username is None:
        return address, {}
    if parsed.password is None:
        return address, {"token": unquote(parsed.username)}
    return address, {"user": unquote(parsed.username), "password": unquote(parsed.password)}


async def _note(error: Exception) -> None:
    """What the client has nobody to raise to."""
    log.debug("jetstream.line", error=repr(error))
