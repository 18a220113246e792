"""What a service does when it hears an event."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.events.envelope import Aggregate, Event, S

Handler = Callable[[Event[Any], AsyncSession], Awaitable[None]]

_RECEIVE = text(
    "INSERT INTO inbox (event_id, name) VALUES (:event_id, :name) ON CONFLICT DO NOTHING RETURNING event_id"
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
        received = await session.execute(_RECEIVE, {"event_id": event.id, "name": event.name})
        if received.scalar_one_or_none() is None:
            return False
        for facts, handler in self.handlers:
            if facts is None or event.fact in facts:
                await handler(event, session)
        return True


def join(subscribers: Iterable[Subscribers]) -> list[Subscription]:
    """One subscription an aggregate, whatever the number of capabilities that listen to it."""
    by_stream: dict[str, tuple[Aggregate[Any], list[tuple[frozenset[str] | None, Handler]]]] = {}
    for group in subscribers:
        for aggregate, facts, handler in group.handlers:
            by_stream.setdefault(aggregate.stream, (aggregate, []))[1].append((facts, handler))
    return [Subscription(aggregate, tuple(handlers)) for aggregate, handlers in by_stream.values()]
