"""Installing and setting flags."""

from __future__ import annotations

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from users.features.models import Feature
from users.features.rules import BY_NAME, FLAGS, UnknownFlag


async def install_flags(session: AsyncSession) -> int:
    """Add the declared flags that the table lacks, with their first value; the number added."""
    rows = [{"name": flag.name, "description": flag.description, "is_active": flag.default} for flag in FLAGS]
    statement = insert(Feature).values(rows).on_conflict_do_nothing(index_elements=[Feature.name]).returning(Feature.id)
    return len((await session.execute(statement)).all())


async def set_flag(session: AsyncSession, name: str, is_active: bool) -> None:
    """Turn a declared flag on or off."""
    if name not in BY_NAME:
        raise UnknownFlag(name)
    await install_flags(session)
    await session.execute(update(Feature).where(Feature.name == name).values(is_active=is_active))
