"""A TCP proxy that a test puts between a service and a server, to stall the line or to cut it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Coroutine
from typing import Any, Self, TypeVar

T = TypeVar("T")
_RESET = struct.pack("ii", 1, 0)


class Proxy:
    """`with Proxy(port) as proxy`: listens on `proxy.port` and carries everything to `port`, both on the loopback.

    It runs in a thread of its own. While stalled it takes new connections, too, and carries nothing; what was sent
    meanwhile arrives when the line is whole again. `waiting` counts the parcels that are held up, `refused` the connections
    turned away since the last cut, `thawed` the connections made since the last freeze that carried something.
    """

    def __init__(self, target: int) -> None:
        self._target = target
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._refusing = False
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._age = 0
        self.port = 0
        self.waiting = 0
        self.refused = 0
        self.thawed = 0

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = self._do(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_: object) -> None:
        self._do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def stall(self) -> None:
        """Nothing gets through any more, and nobody is told."""
        self._do(self._set(flowing=False))

    def flow(self) -> None:
        """The line is whole again; what waited arrives."""
        self._do(self._set(flowing=True))

    def cut(self) -> None:
        """Reset every connection, and refuse new ones until `mend`."""
        self.refused = 0
        self._do(self._cut())

    def mend(self) -> None:
        """Take connections again."""
        self._refusing = False

    def freeze(self) -> None:
        """The connections of now never carry anything again; new ones do."""
        self.thawed = 0
        self._age += 1

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _set(self, *, flowing: bool) -> None:
        if flowing:
            self._flowing.set()
        else:
            self._flowing.clear()

    async def _cut(self) -> None:
        self._refusing = True
        self._flowing.set()
        for writer in list(self._writers):
            _reset(writer)

    async def _end(self) -> None:
        self._server.close()
        await self._cut()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        if self._refusing:
            self.refused += 1
            _reset(writer)
            return
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            _reset(writer)
            return
        ends = {writer, far_writer}
        self._writers |= ends
        born = self._age
        try:
            await asyncio.gather(self._carry(reader, far_writer, born), self._carry(far_reader, writer, born))
        finally:
            self._writers -= ends
            for end in ends:
                end.close()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, born: int) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65_536):
                if born < self._age:
                    # Frozen: read on, so that the other side's giving up is noticed.
                    continue
                self.waiting += 1
                await self._flowing.wait()
                self.waiting -= 1
                if self._age:
                    self.thawed += 1
                writer.write(data)
                await writer.drain()
        writer.close()


def _reset(writer: asyncio.StreamWriter) -> None:
    """Close with RST: the other side's next word is an error, as after the death of a host."""
    made = writer.get_extra_info("socket")
    if made is not None:
        with contextlib.suppress(OSError):
            made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    writer.transport.abort()
