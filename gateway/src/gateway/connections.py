"""One keep-alive connection to a service: an httptools parser on an asyncio transport.

A connection carries one exchange at a time; whoever took it from its pool writes the request, waits for the head, reads
the body in chunks and gives it back. Nothing here knows about ASGI.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

import httptools

if TYPE_CHECKING:
    from gateway.upstreams import Upstream

HIGH_WATER = 65_536
_MAX_HEAD = 131_072


class UpstreamError(Exception):
    """The service gave no usable answer."""


class Unreachable(UpstreamError):
    """No connection could be made, or none was free in time."""


class Stalled(UpstreamError):
    """The deadline passed."""


class Died(UpstreamError):
    """The connection was closed before the answer was complete."""


class Malformed(UpstreamError):
    """What came back is not HTTP."""


class Connection(asyncio.Protocol):
    """One connection to a service and the exchange that it carries."""

    __slots__ = (
        "_chunks",
        "_chunks_size",
        "_drained",
        "_head_only",
        "_parser",
        "_reading_paused",
        "_until_close",
        "_waiter",
        "busy",
        "closed",
        "complete",
        "error",
        "exchanges",
        "head_size",
        "headers",
        "heads",
        "idle_since",
        "keep_alive",
        "loop",
        "pooled",
        "status",
        "transport",
        "upstream",
    )

    def __init__(self, upstream: Upstream, loop: asyncio.AbstractEventLoop) -> None:
        self.upstream = upstream
        self.loop = loop
        self.transport: asyncio.Transport
        self.closed = False
        self.busy = False
        # Whether it counts among the connections of its upstream.
        self.pooled = False
        self.exchanges = 0
        self.idle_since = 0.0
        self._waiter: asyncio.Future[None] | None = None
        self._drained: asyncio.Future[None] | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._reset(head_only=False)

    def _reset(self, *, head_only: bool) -> None:
        self.status = 0
        self.headers: list[tuple[bytes, bytes]] = []
        self.head_size = 0
        self.heads = False
        self.complete = False
        self.keep_alive = False
        self.error: UpstreamError | None = None
        self._head_only = head_only
        self._until_close = False
        self._chunks: list[bytes] = []
        self._chunks_size = 0
        self._reading_paused = False

    # The exchange, as its owner sees it.

    def begin(self, *, head_only: bool = False) -> None:
        """Start an exchange; `head_only` when the answer will have no body (the request is a HEAD)."""
        if self.exchanges:
            self._reset(head_only=head_only)
        else:
            self._head_only = head_only
        self.exchanges += 1
        self.busy = True

    def write(self, data: bytes) -> None:
        """Send a part of the request."""
        self.transport.write(data)

    async def drain(self) -> None:
        """Wait until the service takes more of the request; UpstreamError when it never will."""
        if self.error is not None:
            raise self.error
        if self._drained is not None:
            await self._drained
            if self.error is not None:
                raise self.error

    async def head(self) -> None:
        """Wait for `status` and `headers`."""
        while not self.heads:
            if self.error is not None:
                raise self.error
            await self._wait()

    async def chunk(self) -> bytes | None:
        """What has arrived of the body since the last call, waiting for some; None at its end."""
        while not self._chunks:
            if self.complete:
                return None
            if self.error is not None:
                raise self.error
            await self._wait()
        data = self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks)
        self._chunks.clear()
        self._chunks_size = 0
        if self._reading_paused and not self.closed:
            self._reading_paused = False
            self.transport.resume_reading()
        return data

    def take_rest(self) -> bytes | None:
        """The whole rest of the body if it is here already, else None."""
        if not self.complete:
            return None
        chunks = self._chunks
        if not chunks:
            return b""
        data = chunks[0] if len(chunks) == 1 else b"".join(chunks)
        chunks.clear()
        return data

    def fail(self, error: UpstreamError) -> None:
        """End the exchange from outside: its owner sees `error`, the service sees the connection go."""
        if self.error is None:
            self.error = error
        self.close()
        self._wake()

    def close(self) -> None:
        """Drop the connection at once."""
        if not self.closed:
            self.closed = True
            self.transport.abort()
            self.upstream.forget(self)

    async def _wait(self) -> None:
        waiter = self._waiter = self.loop.create_future()
        try:
            await waiter
        finally:
            self._waiter = None

    def _wake(self) -> None:
        waiter = self._waiter
        if waiter is not None and not waiter.done():
            waiter.set_result(None)
        if self._drained is not None and (self.error is not None or self.closed) and not self._drained.done():
            self._drained.set_result(None)

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are transports by behaviour only.
        self.transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.closed:
            self.closed = True
            self.upstream.forget(self)
        if self.busy and not self.complete and self.error is None:
            if self.heads and self._until_close and exc is None:
                self.complete = True
            else:
                self.error = Died("the service closed the connection")
        self._wake()

    def data_received(self, data: bytes) -> None:
        if not self.busy or self.complete:
            # Nothing was asked: an answer that comes unasked would be taken for the next one.
            self.keep_alive = False
            if not self.busy:
                self.close()
            return
        if not self.heads:
            self.head_size += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self.fail(Malformed(str(error)))
            return
        except httptools.HttpParserUpgrade:
            self.fail(Malformed("the service changed protocols"))
            return
        if not self.heads and self.head_size > _MAX_HEAD:
            self.fail(Malformed("the answer's head has no end"))
            return
        if self._chunks_size > HIGH_WATER and not self._reading_paused and not self.complete:
            self._reading_paused = True
            self.transport.pause_reading()
        self._wake()

    def pause_writing(self) -> None:
        if self._drained is None:
            self._drained = self.loop.create_future()

    def resume_writing(self) -> None:
        drained, self._drained = self._drained, None
        if drained is not None and not drained.done():
            drained.set_result(None)

    # httptools

    def on_message_begin(self) -> None:
        if self.complete:
            self.keep_alive = False

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self.heads:
            self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        if self.heads:
            return
        status = self._parser.get_status_code()
        if 100 <= status < 200:
            # Interim answers are ours to swallow; the parser goes on to the real one.
            self.headers = []
            return
        self.status = status
        self.heads = True
        self.keep_alive = self._parser.should_keep_alive()
        if self._head_only:
            # The parser would wait for the body that the headers promise: it is replaced instead.
            self.complete = True
            self._parser = httptools.HttpResponseParser(self)
        elif status not in (204, 304):
            self._until_close = not any(name in (b"content-length", b"transfer-encoding") for name, _ in self.headers)

    def on_body(self, body: bytes) -> None:
        if not self.complete:
            self._chunks.append(body)
            self._chunks_size += len(body)

    def on_message_complete(self) -> None:
        if self.heads:
            self.complete = True
