"""Builds the index anew when its words or rules have changed, and keeps it small and well informed."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from offers.offers.models import Offer
from offers.search.actions import BATCH, index_offers
from shared.clock import now
from shared.database import Database

KEPT = timedelta(days=1)
"""How long a row stays after the last of its stocks closed: nobody finds it any more."""
SAMPLED = 20_000
"""How many offers are looked at to estimate how common stems are."""
_FORGOTTEN_AT_ONCE = 5_000

_FORGET = sa.text("""
    DELETE FROM search_offer WHERE offer_id IN (
        SELECT offer_id FROM search_offer WHERE bookable_until < :before ORDER BY bookable_until LIMIT :batch
    )
""")

_PASSED = sa.text("SELECT offer_id FROM search_offer WHERE exact_until <= :now ORDER BY exact_until LIMIT :batch")

_ROWS = sa.text("SELECT greatest(reltuples, relpages, 1) FROM pg_class WHERE oid = to_regclass('search_offer')")

# A stem whose estimate hardly moves is left as it is: most rows are not written again.
_COUNT_STEMS = sa.text("""
    WITH counted AS (
        SELECT word AS stem, round(ndoc * 100 / CAST(:percent AS float)) AS offers
        FROM ts_stat('SELECT words FROM search_offer TABLESAMPLE SYSTEM (' || CAST(:percent AS float) || ')')
    )
    UPDATE search_stem SET offers = counted.offers FROM counted
    WHERE counted.stem = search_stem.stem
    AND abs(counted.offers - search_stem.offers) > 0.2 * greatest(counted.offers, search_stem.offers)
""")


async def reindex(database: Database) -> dict[str, int]:
    """Bring the index in step with every offer, batch by batch; offers can be changed and searched meanwhile."""
    seen, last = 0, 0
    while True:
        async with database.transaction() as session:
            ids = (
                await session.scalars(sa.select(Offer.id).where(Offer.id > last).order_by(Offer.id).limit(BATCH))
            ).all()
            if not ids:
                break
            await index_offers(session, ids)
        seen, last = seen + len(ids), ids[-1]
    async with database.transaction() as session:
        await count_stems(session)
    return {"offers": seen}


async def refresh(database: Database) -> dict[str, int]:
    """Index again those of which a stock has closed since: until then their stocks are asked, one offer after the other."""
    refreshed = 0
    while True:
        async with database.transaction() as session:
            ids = (await session.scalars(_PASSED, {"now": now(), "batch": BATCH})).all()
            await index_offers(session, ids)
        refreshed += len(ids)
        if len(ids) < BATCH:
            return {"refreshed": refreshed}


async def count_stems(session: AsyncSession) -> int:
    """Estimate from a sample in how many offers each stem is; how many estimates moved."""
    rows = float(await session.scalar(_ROWS) or 1)
    percent = 100.0 if rows <= SAMPLED else 100.0 * SAMPLED / rows
    moved = await session.execute(_COUNT_STEMS, {"percent": percent})
    return int(moved.rowcount)  # type: ignore[attr-defined]


async def upkeep(database: Database) -> dict[str, int]:
    """Forget what nobody finds any more, and count how common stems are."""
    forgotten = 0
    while True:
        async with database.transaction() as session:
            gone = await session.execute(_FORGET, {"before": now() - KEPT, "batch": _FORGOTTEN_AT_ONCE})
        forgotten += (found := int(gone.rowcount))  # type: ignore[attr-defined]
        if found < _FORGOTTEN_AT_ONCE:
            break
    async with database.transaction() as session:
        return {"forgotten": forgotten, "stems": await count_stems(session)}
