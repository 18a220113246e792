"""Reading flags."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from users.features.actions import install_flags
from users.features.models import Feature
from users.features.rules import PORTAL, resolve


async def active_flags(session: AsyncSession) -> frozenset[str]:
    """The names of the flags that are on."""
    rows = await session.execute(select(Feature.name, Feature.is_active))
    return resolve(dict(rows.all()))


async def portal_flags(session: AsyncSession) -> list[Feature]:
    """The flags of the portal, as rows; those declared since the last start are installed on the way."""
    statement = select(Feature).where(Feature.name.in_(PORTAL)).order_by(Feature.name)
    found = list(await session.scalars(statement))
    if len(found) < len(PORTAL):
        await install_flags(session)
        found = list(await session.scalars(statement))
    return found
