"""Keep-alive connections to the services: a bounded pool of httptools parsers on asyncio transports.

One `Upstream` a service. A connection carries one exchange at a time; whoever took it writes the request, waits for
the head, reads the body in chunks and gives it back. Nothing here knows about ASGI.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import cast
from urllib.parse import urlsplit

import httptools

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


class Upstream:
    """The connections to one service: at most `size`, at most `waiting` requests in line for one."""

    def __init__(
        self,
        name: str,
        url: str,
        *,
        size: int = 100,
        waiting: int = 400,
        wait_seconds: float = 3.0,
        connect_seconds: float = 2.0,
        idle_seconds: float = 4.0,
    ) -> None:
        parts = urlsplit(url)
        self.name = name
        self.host = parts.hostname or "127.0.0.1"
        self.port = parts.port or 80
        self.authority = parts.netloc.encode()
        self.size = size
        self.waiting = waiting
        self.wait_seconds = wait_seconds
        self.connect_seconds = connect_seconds
        self.idle_seconds = idle_seconds
        self.reachable: bool | None = None
        self._idle: list[Connection] = []
        self._open = 0
        self._waiters: deque[asyncio.Future[None]] = deque()
        self._sweeper: asyncio.TimerHandle | None = None
        self._closing = False

    @property
    def open_connections(self) -> int:
        return self._open

    @property
    def idle_connections(self) -> int:
        return len(self._idle)

    def take(self) -> Connection | None:
        """An idle connection, the one used last; None when there is none."""
        idle = self._idle
        if self._waiters:
            return None
        while idle:
            connection = idle.pop()
            if connection.closed or connection.transport.is_closing():
                continue
            if connection.loop.time() - connection.idle_since > self.idle_seconds:
                connection.close()
                continue
            return connection
        return None

    async def connect(self) -> Connection:
        """A new connection, waiting in line when there are too many. Unreachable when it cannot be had in time."""
        loop = asyncio.get_running_loop()
        while self._open >= self.size:
            await self._wait_in_line(loop)
            connection = self._take_idle()
            if connection is not None:
                return connection
        self._open += 1
        try:
            async with asyncio.timeout(self.connect_seconds):
                _, connection = await loop.create_connection(lambda: Connection(self, loop), self.host, self.port)
        except (OSError, TimeoutError) as error:
            self._open -= 1
            self._next_in_line()
            self.reachable = False
            raise Unreachable(f"{self.name} cannot be reached: {error!r}") from error
        except BaseException:
            self._open -= 1
            self._next_in_line()
            raise
        self.reachable = True
        return connection

    def release(self, connection: Connection) -> None:
        """Give a connection back after its exchange: kept when it can carry another one."""
        connection.busy = False
        if not connection.complete or not connection.keep_alive or connection.closed or self._closing:
            connection.close()
            return
        connection.idle_since = connection.loop.time()
        self._idle.append(connection)
        if self._waiters:
            self._next_in_line()
        elif self._sweeper is None:
            self._sweeper = connection.loop.call_later(self.idle_seconds, self._sweep)

    def forget(self, connection: Connection) -> None:
        """A connection is gone."""
        self._open -= 1
        if not connection.busy and connection in self._idle:
            self._idle.remove(connection)
        self._next_in_line()

    def close(self) -> None:
        """Drop the idle connections; those in use go when they are given back."""
        self._closing = True
        if self._sweeper is not None:
            self._sweeper.cancel()
        for connection in list(self._idle):
            connection.close()

    def _take_idle(self) -> Connection | None:
        while self._idle:
            connection = self._idle.pop()
            if not connection.closed and not connection.transport.is_closing():
                return connection
        return None

    async def _wait_in_line(self, loop: asyncio.AbstractEventLoop) -> None:
        if len(self._waiters) >= self.waiting:
            raise Unreachable(f"too many requests wait for {self.name}")
        place: asyncio.Future[None] = loop.create_future()
        self._waiters.append(place)
        try:
            async with asyncio.timeout(self.wait_seconds):
                await place
        except BaseException as error:
            if place in self._waiters:
                self._waiters.remove(place)
            else:
                # The turn came as this one gave up: it goes to the next.
                self._next_in_line()
            if isinstance(error, TimeoutError):
                raise Unreachable(f"no connection to {self.name} was free in time") from error
            raise

    def _next_in_line(self) -> None:
        while self._waiters and (self._idle or self._open < self.size):
            place = self._waiters.popleft()
            if not place.done():
                place.set_result(None)
                return

    def _sweep(self) -> None:
        self._sweeper = None
        loop = asyncio.get_running_loop()
        limit = loop.time() - self.idle_seconds
        for connection in [idle for idle in self._idle if idle.idle_since <= limit]:
            connection.close()
        if self._idle:
            self._sweeper = loop.call_later(self.idle_seconds, self._sweep)
