"""Replays: an owner tells the current state of its aggregates again, so that replicas repair or build themselves."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from shared.database.outbox import emit
from shared.database.session import Database
from shared.events.envelope import REPLAYED, Aggregate, State

Page = Callable[[AsyncSession, int, int], AsyncIterator[State]]
"""`(session, after_id, limit)` -> states in the order of their ids, their rows locked FOR SHARE or stronger."""

PAGE = 500


async def replay(database: Database, aggregate: Aggregate[Any], page: Page) -> int:
    """Publish every aggregate's current state; the number published. Each page is a transaction of its own."""
    total, after = 0, 0
    while True:
        async with database.transaction() as session:
            states = [state async for state in page(session, after, PAGE)]
            for state in states:
                await emit(session, aggregate, REPLAYED, state)
        if not states:
            return total
        total += len(states)
        after = states[-1].id
