"""Reads bookings and reactions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from offers.categories.tables import REACTABLE_SUBCATEGORIES
from offers.reactions.models import BookingReplica, Reaction
from offers.reactions.rules import CANCELLED, BookingFacts, asked_after

# Used bookings, also once they were reimbursed.
_USED = ("USED", "REIMBURSED")


@dataclass(frozen=True, slots=True)
class Reactable:
    """A used booking that its holder has not reacted to yet."""

    offer_id: int
    subcategory_id: str
    date_used: datetime | None


async def bookings_on(session: AsyncSession, user_id: int, offer_ids: Sequence[int]) -> dict[int, list[BookingFacts]]:
    """A person's bookings on offers, newest first, by offer."""
    found: dict[int, list[BookingFacts]] = defaultdict(list)
    rows = await session.execute(
        sa.select(
            BookingReplica.offer_id,
            BookingReplica.product_id,
            BookingReplica.subcategory_id,
            BookingReplica.status,
            BookingReplica.date_used,
        )
        .where(BookingReplica.user_id == user_id, BookingReplica.offer_id.in_(offer_ids))
        .order_by(BookingReplica.id.desc())
    )
    for row in rows:
        found[row.offer_id].append(BookingFacts(*row))
    return found


async def reactable_bookings(session: AsyncSession, user_id: int, now: datetime) -> list[Reactable]:
    """What to ask a person about: used long enough ago, no reaction yet; the latest used first, each offer once."""
    long_enough = sa.or_(
        *(
            sa.and_(BookingReplica.subcategory_id == name, BookingReplica.date_used < now - asked_after(name))
            for name in sorted(REACTABLE_SUBCATEGORIES)
        )
    )
    reacted = sa.exists().where(
        Reaction.user_id == BookingReplica.user_id,
        sa.or_(Reaction.offer_id == BookingReplica.offer_id, Reaction.product_id == BookingReplica.product_id),
    )
    rows = await session.execute(
        sa.select(BookingReplica.offer_id, BookingReplica.subcategory_id, BookingReplica.date_used)
        .where(BookingReplica.user_id == user_id, BookingReplica.status.in_(_USED), long_enough, ~reacted)
        .order_by(BookingReplica.date_used.desc(), BookingReplica.id.desc())
    )
    found: dict[int, Reactable] = {}
    for row in rows:
        found.setdefault(row.offer_id, Reactable(*row))
    return list(found.values())


async def booked_offers(session: AsyncSession, user_id: int) -> set[int]:
    """The offers that a person has booked and not cancelled."""
    query = sa.select(BookingReplica.offer_id).where(
        BookingReplica.user_id == user_id, BookingReplica.status != CANCELLED
    )
    return set(await session.scalars(query))
