"""Running an HTTP server until it is asked to stop, in such a way that no request is lost.

Asked once (SIGTERM, SIGINT), a server first *takes its leave*: for `leave_seconds` it goes on taking connections and
answering, and every answer ends its connection. So whoever keeps connections open (the gateway keeps idle ones for four
seconds) has given them all up before they are closed. Then it stops listening, finishes what is under way within the
graceful deadline, and the process ends with 0. Asked again, it stops taking its leave.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from types import FrameType

import uvicorn
from uvicorn.config import STARTUP_FAILURE
from uvicorn.server import HANDLED_SIGNALS

# A connection may be taken a moment before the door closes, and its request come a moment after.
LINGER_SECONDS = 0.5
_GOODBYE = (b"connection", b"close")


class Server(uvicorn.Server):
    """uvicorn's server, with a leave before its end and without the signal being raised again after it."""

    def __init__(self, config: uvicorn.Config, *, leave_seconds: float = 0.0) -> None:
        super().__init__(config)
        self.leave_seconds = leave_seconds
        self._leaves_at: float | None = None

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:  # type: ignore[override]
        """Hear signals for as long as the server runs."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self.handle_exit) for number in HANDLED_SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to leave, or, when that has begun already or no leave is wanted, stop."""
        if self.started and self.leave_seconds > 0 and self._leaves_at is None:
            self._leaves_at = time.monotonic() + self.leave_seconds
            self.config.encoded_headers = [*self.config.encoded_headers, _GOODBYE]
            self.server_state.default_headers = [*self.server_state.default_headers, _GOODBYE]
        elif self.should_exit and sig == signal.SIGINT:
            self.force_exit = True
        else:
            self.should_exit = True

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second: whether it is time to go."""
        if self._leaves_at is not None and time.monotonic() >= self._leaves_at:
            self.should_exit = True
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close the door, hear out whoever had just come in, then end as uvicorn does."""
        if self._leaves_at is not None:
            for server in self.servers:
                server.close()
            for shared in sockets or []:
                shared.close()
            await asyncio.sleep(LINGER_SECONDS)
        await super().shutdown(sockets)


def shared_socket(host: str, port: int) -> socket.socket:
    """A socket for a port that other processes of the same user may listen on too."""
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    made = socket.socket(family, kind, protocol)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    made.bind(address)
    return made


def serve(config: uvicorn.Config, *, leave_seconds: float = 0.0, share_port: bool = False) -> None:
    """Serve until asked to stop; ends the process with 3 when the server cannot start."""
    server = Server(config, leave_seconds=leave_seconds)
    server.run(sockets=[shared_socket(config.host, config.port)] if share_port else None)
    if not server.started:
        sys.exit(STARTUP_FAILURE)
