"""Reads reminders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from offers.reminders.models import OfferReminder


@dataclass(frozen=True, slots=True)
class Asked:
    """A reminder and the offer that it is about."""

    id: int
    offer_id: int


async def reminders_of(session: AsyncSession, user_id: int) -> Sequence[Asked]:
    """The reminders of a person, oldest first."""
    rows = await session.execute(
        sa.select(OfferReminder.id, OfferReminder.offer_id)
        .where(OfferReminder.user_id == user_id)
        .order_by(OfferReminder.id)
    )
    return [Asked(*row) for row in rows]
