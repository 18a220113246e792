"""Who may act for an offerer."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from offers.offerers.models import UserOfferer
from offers.offerers.rules import may_act_for
from offers.offerers.values import ValidationStatus
from shared.errors import forbidden
from shared.identity import Principal


async def has_access(session: AsyncSession, user: Principal, offerer_id: int) -> bool:
    """Whether the user may read and edit what belongs to the offerer."""
    if user.is_admin:
        return True
    status = (
        await session.execute(
            select(UserOfferer.validation_status).where(
                UserOfferer.user_id == user.id, UserOfferer.offerer_id == offerer_id
            )
        )
    ).scalar_one_or_none()
    return may_act_for(status, is_admin=False)


async def check_access(session: AsyncSession, user: Principal, offerer_id: int) -> None:
    """403 `global` without access."""
    if not await has_access(session, user, offerer_id):
        raise forbidden("Vous n’avez pas les droits d’accès suffisants pour cette structure.")


async def accessible_offerer_ids(session: AsyncSession, user: Principal) -> list[int]:
    """The offerers that the user's attachments give access to; the role of administrator gives none here."""
    found = await session.execute(
        select(UserOfferer.offerer_id).where(
            UserOfferer.user_id == user.id, UserOfferer.validation_status == ValidationStatus.VALIDATED
        )
    )
    return list(found.scalars())
