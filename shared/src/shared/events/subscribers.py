"""What a service does when it hears an event."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.events.envelope import Aggregate, Event, S

Handler = Callable[[Event[Any], AsyncSession], Awaitable[None]]

_RECEIVE = text(
    "INSERT INTO inbox (event_id, name) SELECT * FROM unnest(CAST(:event_ids AS uuid[]), CAST(:names AS text[])) "
    "ON CONFLICT DO NOTHING RETURNING event_id"
)


@dataclass
class Subscribers:
    """The handlers of one capability; a worker joins those of all its capabilities."""

    handlers: list[tuple[Aggregate[Any], frozenset[str] | None, Handler]] = field(default_factory=list)

    def on(
        self, aggregate: Aggregate[S], *facts: str
    ) -> Callable[
        [Callable[[Event[S], AsyncSession], Awaitable[None]]], Callable[[Event[S], AsyncSession], Awaitable[None]]
    ]:
        """Register a handler for the named facts, or, with none named, for every fact and every replay."""
        for fact in facts:
            aggregate.event_name(fact)

        def register(
            handler: Callable[[Event[S], AsyncSession], Awaitable[None]],
        ) -> Callable[[Event[S], AsyncSession], Awaitable[None]]:
            self.handlers.append((aggregate, frozenset(facts) or None, handler))
            return handler

        return register


@dataclass(frozen=True)
class Subscription:
    """All handlers that one service has for one aggregate, in the order of their registration."""

    aggregate: Aggregate[Any]
    handlers: tuple[tuple[frozenset[str] | None, Handler], ...]

    async def apply(self, event: Event[Any], session: AsyncSession) -> bool:
        """Receipt and effects in the caller's transaction. False when the event had been received before."""
        if event.id not in await receive([event], session):
            return False
        await self.effect(event, session)
        return True

    async def effect(self, event: Event[Any], session: AsyncSession) -> None:
        """What is done about an event that was just received, in the transaction of its receipt."""
        for facts, handler in self.handlers:
            if facts is None or event.fact in facts:
                await handler(event, session)


async def receive(events: Sequence[Event[Any]], session: AsyncSession) -> set[UUID]:
    """Receipts for events, in one statement; the ids of those that had not been received before."""
    rows = await session.execute(
        _RECEIVE, {"event_ids": [event.id for event in events], "names": [event.name for event in events]}
    )
    return set(rows.scalars())


def join(subscribers: Iterable[Subscribers]) -> list[Subscription]:
    """One subscription an aggregate, whatever the number of capabilities that listen to it."""
    by_stream: dict[str, tuple[Aggregate[Any], list[tuple[frozenset[str] | None, Handler]]]] = {}
    for group in subscribers:
        for aggregate, facts, handler in group.handlers:
            by_stream.setdefault(aggregate.stream, (aggregate, []))[1].append((facts, handler))
    return [Subscription(aggregate, tuple(handlers)) for aggregate, handlers in by_stream.values()]
