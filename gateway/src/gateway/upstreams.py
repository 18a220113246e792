"""The services as the gateway reaches them: a bounded pool of keep-alive connections each."""

from __future__ import annotations

import asyncio
import random
import socket
from collections import deque
from urllib.parse import urlsplit

from gateway.connections import Connection, Unreachable

_RESOLVED_SECONDS = 1.0


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
        self._idle: list[Connection] = []
        self._open = 0
        self._waiters: deque[asyncio.Future[None]] = deque()
        self._sweeper: asyncio.TimerHandle | None = None
        self._closing = False
        self._addresses: list[str] = []
        self._resolved_at = 0.0

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
                connection = await self._open_one(loop)
        except (OSError, TimeoutError) as error:
            self._open -= 1
            self._next_in_line()
            raise Unreachable(f"{self.name} cannot be reached: {error!r}") from error
        except BaseException:
            self._open -= 1
            self._next_in_line()
            raise
        connection.pooled = True
        return connection

    async def _open_one(self, loop: asyncio.AbstractEventLoop) -> Connection:
        """A connection to any of the service's replicas: those behind its name in an order of chance, until one answers.

        Nothing of a request has been sent yet, so a replica that is going away costs no request.
        """
        addresses = await self._resolve(loop)
        random.shuffle(addresses)
        failure: OSError | TimeoutError = OSError(f"{self.host} has no address")
        for address in addresses:
            try:
                async with asyncio.timeout(self.connect_seconds / len(addresses)):
                    _, connection = await loop.create_connection(lambda: Connection(self, loop), address, self.port)
                if not connection.closed:
                    return connection
                failure = ConnectionResetError("closed as soon as it was open")
            except (OSError, TimeoutError) as error:
                failure = error
        raise failure

    async def _resolve(self, loop: asyncio.AbstractEventLoop) -> list[str]:
        """The addresses behind the service's name, asked for once a second at most; those known when nobody answers."""
        if self._addresses and loop.time() - self._resolved_at < _RESOLVED_SECONDS:
            return list(self._addresses)
        try:
            async with asyncio.timeout(self.connect_seconds / 2 if self._addresses else self.connect_seconds):
                found = await loop.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        except (OSError, TimeoutError):
            if not self._addresses:
                raise
        else:
            self._addresses = list(dict.fromkeys(str(item[4][0]) for item in found))
            self._resolved_at = loop.time()
        return list(self._addresses)

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
        """A connection is gone. One that `connect` has not handed out yet is counted there."""
        if not connection.pooled:
            return
        connection.pooled = False
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
