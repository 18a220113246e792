"""Builds the index anew, when its words or rules have changed."""

from __future__ import annotations

import sqlalchemy as sa

from offers.offers.models import Offer
from offers.search.actions import BATCH, index_offers
from shared.database import Database


async def reindex(database: Database) -> dict[str, int]:
    """Bring the index in step with every offer, batch by batch; offers can be changed and searched meanwhile."""
    seen, last = 0, 0
    while True:
        async with database.transaction() as session:
            ids = (
                await session.scalars(sa.select(Offer.id).where(Offer.id > last).order_by(Offer.id).limit(BATCH))
            ).all()
            if not ids:
                return {"offers": seen}
            await index_offers(session, ids)
        seen, last = seen + len(ids), ids[-1]
