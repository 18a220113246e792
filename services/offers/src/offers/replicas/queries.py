"""Reads of other contexts' facts."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from offers.replicas.models import UserReplica


async def user_id_by_email(session: AsyncSession, email: str) -> int | None:
    """The account that has this address, when `users` told of it already."""
    return (await session.execute(select(UserReplica.id).where(UserReplica.email == email))).scalars().first()


async def is_deactivated(session: AsyncSession, user_id: int) -> bool:
    """Whether `users` said that this account is closed; one that it did not tell of yet is not."""
    return (await session.scalar(select(UserReplica.is_active).where(UserReplica.id == user_id))) is False
