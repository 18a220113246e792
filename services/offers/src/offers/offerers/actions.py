"""What can happen to offerers and to the people attached to them."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from offers.offerers.facts import attachment_state, offerer_state
from offers.offerers.models import Offerer, UserOfferer
from offers.offerers.rules import is_siren
from offers.offerers.values import ValidationStatus
from shared.clock import now
from shared.database import emit
from shared.errors import field_error
from shared.events.offers import ATTACHMENT, OFFERER


async def create_offerer(
    session: AsyncSession, *, name: str, siren: str, street: str | None = None, allowed_on_adage: bool = False
) -> Offerer:
    """A new legal entity, waiting for its validation. Emits `offerer.created`; 400 `siren` when it is none."""
    if not is_siren(siren):
        raise field_error("siren", "Ce SIREN n’est pas valide.")
    offerer = Offerer(
        name=name,
        siren=siren,
        street=street,
        allowed_on_adage=allowed_on_adage,
        validation_status=ValidationStatus.NEW,
        is_active=True,
        date_created=now(),
    )
    session.add(offerer)
    await session.flush()
    await emit(session, OFFERER, "created", offerer_state(offerer))
    return offerer


async def validate_offerer(session: AsyncSession, offerer: Offerer) -> None:
    """The platform accepts an offerer. Emits `offerer.validated`, once."""
    if offerer.validation_status is ValidationStatus.VALIDATED:
        return
    offerer.validation_status = ValidationStatus.VALIDATED
    offerer.date_validated = now()
    offerer.is_active = True
    await session.flush()
    await emit(session, OFFERER, "validated", offerer_state(offerer))


async def close_offerer(session: AsyncSession, offerer: Offerer) -> None:
    """The entity ceased to exist. Emits `offerer.closed`, once; `bookings` cancels what is ongoing."""
    if offerer.validation_status is ValidationStatus.CLOSED:
        return
    offerer.validation_status = ValidationStatus.CLOSED
    await session.flush()
    await emit(session, OFFERER, "closed", offerer_state(offerer))


async def reject_offerer(session: AsyncSession, offerer: Offerer) -> None:
    """The platform refuses an offerer and everybody attached to it. Emits `offerer.rejected`, `attachment.rejected`."""
    if offerer.validation_status is ValidationStatus.REJECTED:
        return
    offerer.validation_status = ValidationStatus.REJECTED
    offerer.date_validated = None
    offerer.is_active = False
    await session.flush()
    await emit(session, OFFERER, "rejected", offerer_state(offerer))
    attachments = await session.execute(
        select(UserOfferer).where(UserOfferer.offerer_id == offerer.id).with_for_update()
    )
    for attachment in attachments.scalars():
        if attachment.validation_status is not ValidationStatus.REJECTED:
            attachment.validation_status = ValidationStatus.REJECTED
            await emit(session, ATTACHMENT, "rejected", attachment_state(attachment))


async def attach_user(
    session: AsyncSession, *, user_id: int, offerer_id: int, status: ValidationStatus = ValidationStatus.NEW
) -> UserOfferer:
    """Ask for (or, with VALIDATED, give) access to an offerer; asking again after a refusal starts over.

    Emits `attachment.created`, and `attachment.validated` when it gives access. Idempotent.
    """
    attachment = (
        await session.execute(
            select(UserOfferer)
            .where(UserOfferer.user_id == user_id, UserOfferer.offerer_id == offerer_id)
            .with_for_update()
        )
    ).scalar_one_or_none()
    if attachment is None:
        attachment = UserOfferer(
            user_id=user_id, offerer_id=offerer_id, validation_status=ValidationStatus.NEW, date_created=now()
        )
        session.add(attachment)
        await session.flush()
        await emit(session, ATTACHMENT, "created", attachment_state(attachment))
    elif attachment.validation_status in (ValidationStatus.REJECTED, ValidationStatus.DELETED):
        attachment.validation_status = ValidationStatus.NEW
        attachment.date_created = now()
        await session.flush()
        await emit(session, ATTACHMENT, "created", attachment_state(attachment))
    if status is ValidationStatus.VALIDATED and attachment.validation_status is not ValidationStatus.VALIDATED:
        attachment.validation_status = ValidationStatus.VALIDATED
        await session.flush()
        await emit(session, ATTACHMENT, "validated", attachment_state(attachment))
    return attachment
