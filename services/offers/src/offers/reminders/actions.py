"""What a person does with their reminders."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from offers.catalog.queries import is_approved
from offers.reminders.models import OfferReminder
from shared.clock import now
from shared.errors import not_found


async def add_reminder(session: AsyncSession, user_id: int, offer_id: int) -> int:
    """Ask to be told when the offer can be booked; the same again changes nothing. The id of the reminder.

    404 for an offer that is unknown or not approved.
    """
    if not await is_approved(session, offer_id):
        raise not_found()
    statement = insert(OfferReminder).values(user_id=user_id, offer_id=offer_id, date_created=now())
    # Writing the same value back is what makes RETURNING answer the row that was there.
    statement = statement.on_conflict_do_update(
        index_elements=[OfferReminder.user_id, OfferReminder.offer_id], set_={"user_id": statement.excluded.user_id}
    ).returning(OfferReminder.id)
    return (await session.execute(statement)).scalar_one()


async def remove_reminder(session: AsyncSession, user_id: int, reminder_id: int) -> None:
    """Ask no more; 404 unless the reminder is the person's own."""
    statement = (
        sa.delete(OfferReminder)
        .where(OfferReminder.id == reminder_id, OfferReminder.user_id == user_id)
        .returning(OfferReminder.id)
    )
    if (await session.execute(statement)).scalar_one_or_none() is None:
        raise not_found()
