"""Reads favourites."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from offers.favorites.models import Favorite
from offers.offers.models import Offer
from offers.offers.values import OfferValidation


@dataclass(frozen=True, slots=True)
class Kept:
    """A favourite and the offer that it is about."""

    id: int
    offer_id: int


async def favorites_of(session: AsyncSession, user_id: int) -> Sequence[Kept]:
    """The favourites of a person on approved offers, newest first."""
    rows = await session.execute(
        sa.select(Favorite.id, Favorite.offer_id)
        .join(Offer, Offer.id == Favorite.offer_id)
        .where(Favorite.user_id == user_id, Offer.validation == OfferValidation.APPROVED)
        .order_by(Favorite.id.desc())
    )
    return [Kept(*row) for row in rows]
