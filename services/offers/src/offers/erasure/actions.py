"""What a person leaves behind here. Nothing names them but their address, which the replica of accounts replaces."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from offers.favorites.models import Favorite
from offers.offerers.facts import attachment_state
from offers.offerers.models import UserOfferer
from offers.offerers.values import ValidationStatus
from offers.reminders.models import OfferReminder
from shared.database import emit
from shared.events.offers import ATTACHMENT

_WAITING = (ValidationStatus.NEW, ValidationStatus.PENDING)


async def forget_person(session: AsyncSession, user_id: int) -> None:
    """End a person's rights over offerers and forget what they kept aside; their reactions stay, counted, nobody's.

    Emits `attachment.deleted` for what they had, `attachment.rejected` for what they had asked for. Idempotent.
    """
    await session.execute(sa.delete(Favorite).where(Favorite.user_id == user_id))
    await session.execute(sa.delete(OfferReminder).where(OfferReminder.user_id == user_id))
    attachments = await session.scalars(
        sa.select(UserOfferer)
        .where(
            UserOfferer.user_id == user_id,
            UserOfferer.validation_status.in_((*_WAITING, ValidationStatus.VALIDATED)),
        )
        .order_by(UserOfferer.id)
        .with_for_update()
    )
    for attachment in attachments.all():
        was_theirs = attachment.validation_status is ValidationStatus.VALIDATED
        attachment.validation_status = ValidationStatus.DELETED if was_theirs else ValidationStatus.REJECTED
        await emit(session, ATTACHMENT, "deleted" if was_theirs else "rejected", attachment_state(attachment))
