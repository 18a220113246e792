"""What the relay, the consumers and everything that looks after the streams ask of a broker, whatever its kind.

`redis_streams` and `jetstream` answer. What is promised is in docs/decisions/0015-the-broker-is-a-setting.md: a kind of
broker keeps entries in order, gives each to one reader of a group until it is acknowledged, and remembers beside the
entries the watermark of the last whole batch, so that what it lost shows.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

Place: TypeAlias = tuple[int, int]
"""Where an entry is in its stream; later ones have greater places. Of one kind of broker, and one stream, only."""


class BrokerChanged(Exception):
    """The broker is not the one that was looked at: it lost its data since, or another relay told it something."""


@dataclass(frozen=True)
class Told:
    """What is to be put on a stream: the event's id, and its envelope as JSON."""

    stream: str
    event_id: str
    data: bytes


@dataclass(frozen=True)
class Entry:
    """An entry as it was given to a reader. `data` is None where there is no event in it; `token` is its broker's."""

    stream: str
    id: str
    data: bytes | None
    token: Any = None


@dataclass(frozen=True)
class Kept:
    """An entry as it lies on a stream."""

    id: str
    place: Place
    data: bytes


@dataclass(frozen=True)
class Backlog:
    """Entries that a group has not been given (None when the broker cannot tell) and those it has not acknowledged."""

    lag: int | None
    pending: int


@dataclass(frozen=True)
class DeadLetter:
    """An event that was set aside: the group that could not take it, why, and what it was."""

    stream: str
    group: str
    reason: str
    data: bytes


class ReaderSettings(Protocol):
    """What a reader wants to know of a service's settings."""

    @property
    def claim_idle_ms(self) -> int: ...

    @property
    def consumer_batch(self) -> int: ...


Handle: TypeAlias = Callable[[list[Entry]], Awaitable[None]]
"""Does what the entries (of one stream, in order) call for; what it does not acknowledge is given again."""


class Reader(Protocol):
    """One service's reading of streams. An entry that is held for `claim_idle_ms` without a word is given to another."""

    @property
    def healthy(self) -> bool:
        """Whether every stream is being read."""
        ...

    async def ensure_groups(self) -> None:
        """Make the groups that do not exist, at the beginning of their streams: nothing told earlier is missed."""
        ...

    async def start(self) -> None:
        """Begin to read what is not being read: everything the first time."""
        ...

    async def stop(self) -> None:
        """Let each handler finish what it holds, and read no more."""
        ...

    async def acknowledge(self, entries: Sequence[Entry]) -> None: ...

    async def attempts(self, entry: Entry) -> int:
        """How often the entry was given to somebody, this time included."""
        ...

    async def bury(self, entry: Entry, data: bytes, reason: str) -> bool:
        """Set an entry aside on `<stream>.dead`; False when another did so before."""
        ...


class Broker(Protocol):
    """One broker, reached by one process. Nothing is sent before something is asked."""

    @property
    def system(self) -> str:
        """Its kind, as spans name it."""
        ...

    @property
    def failures(self) -> tuple[type[Exception], ...]:
        """What it raises when it is away or does not want (beside OSError and TimeoutError)."""
        ...

    async def ping(self) -> bool: ...

    async def close(self) -> None: ...

    # Telling.

    async def watermark(self, context: str) -> str | None:
        """The watermark of the last whole batch that a service told; None when there is none."""
        ...

    async def begin(self, context: str, watermark: str) -> None:
        """Write a service's first watermark, where there is none."""
        ...

    async def publish(self, context: str, told: Sequence[Told], watermark: str, *, after: str | None) -> None:
        """Put a batch on its streams, in order, and the watermark with it.

        Raises BrokerChanged, and then the watermark is not this one, when the broker is not the one whose watermark was
        last looked at and was `after`. Whatever it raises, the whole batch may be told again.
        """
        ...

    # Hearing.

    def reader(self, group: str, settings: ReaderSettings, streams: Sequence[str], handle: Handle) -> Reader: ...

    # Looking.

    async def backlog(self, stream: str, group: str) -> Backlog | None:
        """What waits for a group; None when there is no such group (yet)."""
        ...

    async def waiting(self, stream: str, group: str) -> int:
        """How many entries of a stream a service has not read, or has read and not acknowledged (of very many: some)."""
        ...

    async def count_dead(self, stream: str) -> int: ...

    async def dead_letters(self, stream: str) -> list[DeadLetter]:
        """What every group set aside of a stream."""
        ...

    # Keeping, and taking back.

    async def trim(self, stream: str, *, days: int, dead_days: int) -> None:
        """Drop what is older, by the broker's clock, and read by every group: an unread entry is never dropped. Dead
        letters go by age alone.
        """
        ...

    async def drop_idle_consumers(self, stream: str, group: str) -> None:
        """Forget the consumers of processes that ended and hold nothing, where the broker keeps them."""
        ...

    async def read_by_all(self, stream: str) -> Place | None:
        """Up to which entry, that one included, every group has read and settled; None when the stream has no group."""
        ...

    def entries(self, stream: str, *, dead: bool = False) -> AsyncIterator[list[Kept]]:
        """The entries of a stream, or of its dead letters, oldest first, in pages."""
        ...

    async def delete(self, stream: str, entries: Sequence[Kept], *, dead: bool = False) -> int:
        """Delete entries for good; how many there were."""
        ...
