"""uvicorn's HTTP protocol, with the guards it lacks: slow or endless heads and trailers, requests that nobody waits for,
crowds, bodies that an upgrade hides.
"""

from __future__ import annotations

import asyncio
from typing import ClassVar

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from gateway.answers import BAD_REQUEST, HEAD_TOO_LARGE, Answer
from gateway.headers import SECURITY_HEADERS

# How long the rest of a refused upload is read and thrown away, so that the client sees the refusal and not a reset.
_LINGER_SECONDS = 5.0


class HiddenBodyError(Exception):
    """A request that asks for another protocol and has a body: the parser would take the body for the next request."""


class GuardedProtocol(HttpToolsProtocol):
    """One connection of a client. The limits are the class's: `limited` makes a class with others."""

    head_timeout: ClassVar[float] = 10.0
    max_head_bytes: ClassVar[int] = 65_536
    max_connections: ClassVar[int] = 8_000

    _in_head = True
    # What came, and has become neither a whole head nor a part of a body.
    _head_bytes = 0
    _moved = False
    _guard: asyncio.TimerHandle | None = None

    @classmethod
    def limited(cls, *, head_timeout: float, max_head_bytes: int, max_connections: int) -> type[GuardedProtocol]:
        limits = {
            "head_timeout": head_timeout,
            "max_head_bytes": max_head_bytes,
            "max_connections": max_connections,
        }
        return type("LimitedProtocol", (cls,), limits)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > self.max_connections:
            transport.abort()
            return
        # A connection over which nothing comes is as good as one over which a head comes drop by drop.
        self._guard = self.loop.call_later(self.head_timeout, self._give_up)

    def connection_lost(self, exc: Exception | None) -> None:
        self._unguard()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._moved = False
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._in_head or not self._moved:
            self._head_bytes += len(data)
            if self._head_bytes > self.max_head_bytes:
                self._refuse(HEAD_TOO_LARGE)
            elif self._in_head and self._guard is None:
                self._guard = self.loop.call_later(self.head_timeout, self._give_up)

    def on_message_begin(self) -> None:
        self._in_head = True
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        # Trailers come after the request was judged: nobody asked for them, and they are not headers.
        if self._in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._move()
        if self._guard is not None:
            self._unguard()
        upgrade = self.parser.should_upgrade()
        if upgrade and any(
            name == b"transfer-encoding" or (name == b"content-length" and value != b"0")
            for name, value in self.headers
        ):
            raise HiddenBodyError
        super().on_headers_complete()
        if upgrade:
            # Answered as if it had not asked; what follows on the connection may be in the other protocol.
            self.cycle.keep_alive = False

    def on_body(self, body: bytes) -> None:
        self._move()
        super().on_body(body)

    def _move(self) -> None:
        self._head_bytes = 0
        self._moved = True

    def _unsupported_upgrade_warning(self) -> None:
        """Not worth a line in the log: anybody can ask."""

    def on_response_complete(self) -> None:
        super().on_response_complete()
        # The cycle is the one read last: with others in line, its answer has not even begun.
        if self.cycle.response_complete and self.cycle.more_body and not self.transport.is_closing():
            self._unguard()
            self._guard = self.loop.call_later(_LINGER_SECONDS, self._give_up)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        if self._guard is not None:
            self._unguard()

    def send_400_response(self, msg: str) -> None:
        """What is no HTTP gets the contracts' shape too."""
        self._refuse(BAD_REQUEST)

    def _refuse(self, answer: Answer) -> None:
        self._unguard()
        if self.transport.is_closing():
            return
        if self.cycle is not None and self.cycle.response_started and not self.cycle.response_complete:
            # In the middle of another answer a refusal would be read as a part of it.
            self.transport.close()
            return
        lines = [STATUS_LINE[answer.status]]
        for name, value in answer.framed(SECURITY_HEADERS):
            if name != b"connection":
                lines += [name, b": ", value, b"\r\n"]
        lines += [b"connection: close\r\n\r\n", answer.body]
        self.transport.write(b"".join(lines))
        self.transport.close()

    def _give_up(self) -> None:
        self._guard = None
        if not self.transport.is_closing():
            self.transport.close()

    def _unguard(self) -> None:
        if self._guard is not None:
            self._guard.cancel()
            self._guard = None
