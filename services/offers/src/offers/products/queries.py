"""Reads of products for the portal."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from offers.offers.models import Offer
from offers.products.models import Product
from offers.venues.models import Venue
from shared.clock import now


async def product_by_ean(session: AsyncSession, ean: str) -> Product | None:
    statement = select(Product).where(Product.ean == ean).options(selectinload(Product.product_mediations))
    return (await session.execute(statement)).scalar_one_or_none()


async def is_offered_already(session: AsyncSession, offerer_id: int, ean: str) -> bool:
    """Whether the offerer's only physical venue has an active offer with this EAN; with several venues, nobody asks."""
    physical = (
        Venue.managing_offerer_id == offerer_id,
        Venue.is_virtual.is_(False),
        Venue.is_soft_deleted.is_(False),
    )
    count = (await session.execute(select(func.count()).select_from(Venue).where(*physical))).scalar_one()
    if count != 1:
        return False
    found = await session.execute(
        select(Offer.id)
        .join(Venue, Venue.id == Offer.venue_id)
        .where(*physical, Offer.ean == ean, Offer.publication_datetime <= now())
        .limit(1)
    )
    return found.scalar_one_or_none() is not None
