"""What a person does with their favourites."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from offers.catalog.queries import is_approved
from offers.favorites.models import Favorite
from shared.clock import now
from shared.database import lock
from shared.errors import code_error, not_found

MAX_FAVORITES = 100


async def add_favorite(session: AsyncSession, user_id: int, offer_id: int, *, most: int = MAX_FAVORITES) -> int:
    """Keep an offer aside; the same again changes nothing. The id of the favourite.

    404 for an offer that is unknown or not approved; 400 MAX_FAVORITES_REACHED beyond `most` (0: no limit).
    """
    if not await is_approved(session, offer_id):
        raise not_found()
    # One person's additions wait for each other, so that two at once do not pass the limit together.
    await lock(session, f"favorites-{user_id}")
    existing = await session.scalar(
        sa.select(Favorite.id).where(Favorite.user_id == user_id, Favorite.offer_id == offer_id)
    )
    if existing is not None:
        return existing
    count = await session.scalar(sa.select(sa.func.count()).where(Favorite.user_id == user_id))
    if most and (count or 0) >= most:
        raise code_error("MAX_FAVORITES_REACHED")
    created = insert(Favorite).values(user_id=user_id, offer_id=offer_id, date_created=now()).returning(Favorite.id)
    return (await session.execute(created)).scalar_one()


async def remove_favorite(session: AsyncSession, user_id: int, favorite_id: int) -> None:
    """Let a favourite go; 404 unless it is the person's own."""
    statement = (
        sa.delete(Favorite).where(Favorite.id == favorite_id, Favorite.user_id == user_id).returning(Favorite.id)
    )
    if (await session.execute(statement)).scalar_one_or_none() is None:
        raise not_found()
