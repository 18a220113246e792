"""What offers keeps of a person, each in one statement."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from offers.favorites.models import Favorite
from offers.offerers.models import Offerer, UserOfferer
from offers.offers.models import Offer
from offers.products.models import Product
from offers.reactions.models import Reaction
from offers.reminders.models import OfferReminder

Rows = list[dict[str, Any]]


async def _rows(session: AsyncSession, statement: sa.Executable) -> Rows:
    return [dict(row) for row in (await session.execute(statement)).mappings()]


async def favorites_of(session: AsyncSession, user_id: int) -> Rows:
    return await _rows(
        session,
        sa.select(Favorite.offer_id, Offer.name.label("offer_name"), Favorite.date_created)
        .join(Offer, Offer.id == Favorite.offer_id)
        .where(Favorite.user_id == user_id)
        .order_by(Favorite.id),
    )


async def reminders_of(session: AsyncSession, user_id: int) -> Rows:
    return await _rows(
        session,
        sa.select(OfferReminder.offer_id, Offer.name.label("offer_name"), OfferReminder.date_created)
        .join(Offer, Offer.id == OfferReminder.offer_id)
        .where(OfferReminder.user_id == user_id)
        .order_by(OfferReminder.id),
    )


async def reactions_of(session: AsyncSession, user_id: int) -> Rows:
    return await _rows(
        session,
        sa.select(
            sa.func.coalesce(Offer.name, Product.name).label("name"), Reaction.reaction_type, Reaction.date_updated
        )
        .outerjoin(Offer, Offer.id == Reaction.offer_id)
        .outerjoin(Product, Product.id == Reaction.product_id)
        .where(Reaction.user_id == user_id)
        .order_by(Reaction.id),
    )


async def attachments_of(session: AsyncSession, user_id: int) -> Rows:
    return await _rows(
        session,
        sa.select(
            UserOfferer.offerer_id,
            Offerer.name.label("offerer_name"),
            UserOfferer.validation_status,
            UserOfferer.date_created,
        )
        .join(Offerer, Offerer.id == UserOfferer.offerer_id)
        .where(UserOfferer.user_id == user_id)
        .order_by(UserOfferer.id),
    )
