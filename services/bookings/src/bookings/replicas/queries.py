"""Reads of other contexts' facts."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bookings.replicas.models import UserReplica


async def is_deactivated(session: AsyncSession, user_id: int) -> bool:
    """Whether `users` said that this account is closed; one that it did not tell of yet is not."""
    return (await session.scalar(select(UserReplica.is_active).where(UserReplica.id == user_id))) is False
