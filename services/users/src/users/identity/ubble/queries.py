"""Checks at Ubble, found by whom or what they are about."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from users.subscription.checks import CheckType
from users.subscription.models import SubscriptionCheck


async def last_ubble_check(session: AsyncSession, account_id: int) -> SubscriptionCheck | None:
    """The newest check of a person."""
    return await session.scalar(
        select(SubscriptionCheck)
        .where(SubscriptionCheck.account_id == account_id, SubscriptionCheck.type == CheckType.UBBLE.value)
        .order_by(SubscriptionCheck.id.desc())
        .limit(1)
    )


async def check_of(session: AsyncSession, identification_id: str) -> SubscriptionCheck | None:
    """The newest check of an identification, as the database has it now."""
    return await session.scalar(
        select(SubscriptionCheck)
        .where(
            SubscriptionCheck.third_party_id == identification_id,
            SubscriptionCheck.type == CheckType.UBBLE.value,
        )
        .order_by(SubscriptionCheck.id.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    )
