"""Keeping the memories of a process up to date: the tables are read again every two seconds.

Why so, and not by LISTEN or by the broker: docs/decisions/0016.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Protocol

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.database.session import Database

log = structlog.get_logger(__name__)

# How long an API waits for the first look before it begins without, and a stop for one that hangs.
FIRST_LOOK_SECONDS = 5.0
LAST_LOOK_SECONDS = 1.0


class Memory(Protocol):
    """Something that is read from the service's own database as a whole."""

    async def read(self, connection: AsyncConnection) -> None: ...


class Follower:
    """Reads memories anew every `seconds`. While the database is away, or says nothing, they stay as they are.

    `known` is set once they were read: before that they hold what is declared, which a switch may contradict.
    """

    def __init__(self, database: Database, memories: Sequence[Memory], seconds: float) -> None:
        self.known = asyncio.Event()
        if not memories:
            self.known.set()
        self._database = database
        self.memories = memories
        self._seconds = seconds
        self._is_away = False
        self._is_looking = False
        self._wake = asyncio.Event()
        self._looked = asyncio.Event()

    async def look(self) -> bool:
        """Read everything once; False when that failed, and the memories are as before."""
        if not self.memories:
            return True
        try:
            async with self._database.engine.connect() as connection:
                for memory in self.memories:
                    await memory.read(connection)
        except Exception as error:
            # Whatever it is: an old answer is better than none. Told once, not every two seconds.
            if not self._is_away:
                log.warning("feature.not_read", error=type(error).__name__)
            self._is_away = True
            return False
        if self._is_away:
            log.info("feature.read_again")
        self._is_away = False
        self.known.set()
        return True

    async def run(self, stop: asyncio.Event) -> None:
        """Look again and again until `stop` is set; a look that hangs then is left behind."""
        stopping = asyncio.ensure_future(stop.wait())
        try:
            while not stop.is_set():
                self._is_looking = True
                looking = asyncio.ensure_future(self.look())
                await asyncio.wait({stopping, looking}, return_when=asyncio.FIRST_COMPLETED)
                if not looking.done():
                    # The driver asks a server that may be mute to cancel, and waits for its answer.
                    looking.cancel()
                    await asyncio.wait({looking}, timeout=LAST_LOOK_SECONDS)
                    return
                self._is_looking = False
                looked, self._looked = self._looked, asyncio.Event()
                looked.set()
                waking = asyncio.ensure_future(self._wake.wait())
                try:
                    await asyncio.wait({stopping, waking}, timeout=self._seconds, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    waking.cancel()
                self._wake.clear()
        finally:
            stopping.cancel()

    @asynccontextmanager
    async def following(self) -> AsyncIterator[None]:
        """Looking, inside; a first look was had before, unless the database is away or mute."""
        stop, looked = asyncio.Event(), self._looked
        running = asyncio.create_task(self.run(stop))
        with suppress(TimeoutError):
            await asyncio.wait_for(looked.wait(), FIRST_LOOK_SECONDS)
        try:
            yield
        finally:
            stop.set()
            await running

    def then(self, work: Callable[[], Awaitable[None]], stop: asyncio.Event) -> Callable[[], Awaitable[None]]:
        """The work, begun once the memories are known, or not at all when `stop` is set before."""

        async def begin() -> None:
            waits = [asyncio.ensure_future(event.wait()) for event in (self.known, stop)]
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            for wait in waits:
                wait.cancel()
            if not stop.is_set():
                await work()

        return begin

    async def look_now(self) -> None:
        """Have the running loop look at once, and wait until it has. For tests and consoles."""
        # A look that has begun may have read already.
        for _ in range(2 if self._is_looking else 1):
            looked = self._looked
            self._wake.set()
            await looked.wait()

    async def is_known(self) -> bool:
        """For readiness: whether this process knows how the switches are set."""
        return self.known.is_set()
