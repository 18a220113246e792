"""What a person tells of what they booked."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from offers.products.models import Product
from offers.reactions.models import Reaction
from offers.reactions.queries import bookings_on
from offers.reactions.rules import BookingFacts, check_may_react, likes_change
from offers.reactions.values import ReactionType
from shared.clock import now
from shared.database import lock


async def react(session: AsyncSession, user_id: int, reactions: Mapping[int, ReactionType]) -> None:
    """Write a person's reactions, by offer; all of them or none.

    One for each product, or for each offer that has no product; a new one replaces the former. 400 OFFER_NOT_BOOKED or
    CAN_NOT_REACT refuses the whole of them.
    """
    bookings = await bookings_on(session, user_id, list(reactions))
    booked = {offer_id: check_may_react(bookings.get(offer_id, [])) for offer_id in reactions}
    # One person's reactions follow each other, so that the count of likes moves once for each change.
    await lock(session, f"reactions-{user_id}")
    # Products in one order, so that two people who react to the same ones cannot wait for each other.
    for offer_id in sorted(reactions, key=lambda offer: (booked[offer].product_id or 0, offer)):
        await _write(session, user_id, booked[offer_id], reactions[offer_id])


async def _write(session: AsyncSession, user_id: int, booking: BookingFacts, kind: ReactionType) -> None:
    product_id = booking.product_id
    offer_id = None if product_id is not None else booking.offer_id
    same_target = (
        Reaction.user_id == user_id,
        Reaction.offer_id.is_not_distinct_from(offer_id),
        Reaction.product_id.is_not_distinct_from(product_id),
    )
    before = await session.scalar(sa.select(Reaction.reaction_type).where(*same_target))
    if before is None:
        values = {"user_id": user_id, "offer_id": offer_id, "product_id": product_id, "reaction_type": kind}
        await session.execute(insert(Reaction).values(**values, date_updated=now()))
    elif before is not kind:
        await session.execute(sa.update(Reaction).where(*same_target).values(reaction_type=kind, date_updated=now()))
    change = likes_change(before, kind)
    if change and product_id is not None:
        await session.execute(
            sa.update(Product)
            .where(Product.id == product_id)
            .values(likes_count=sa.func.greatest(Product.likes_count + change, 0))
        )
