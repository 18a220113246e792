"""Keys are kept for a day: nobody tries again later than that."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, select, tuple_

from bookings.idempotency.models import IdempotencyKey
from shared import clock
from shared.database import Database

KEPT_FOR = timedelta(hours=24)


async def forget(database: Database, *, batch: int = 5_000) -> int:
    """Drop the keys older than a day, a batch a transaction; how many."""
    before = clock.now() - KEPT_FOR
    key = (IdempotencyKey.user_id, IdempotencyKey.key)
    # With locks a CTE is asked once; a subquery may be asked again for each row, and a batch then knows no limit.
    old = (
        select(*key)
        .where(IdempotencyKey.date_created < before)
        .limit(batch)
        .with_for_update(skip_locked=True)
        .cte("old")
    )
    drop = delete(IdempotencyKey).where(tuple_(*key).in_(select(*old.c))).returning(*key)
    forgotten = 0
    while True:
        async with database.transaction() as session:
            gone = len(list(await session.execute(drop)))
        forgotten += gone
        if gone < batch:
            return forgotten
