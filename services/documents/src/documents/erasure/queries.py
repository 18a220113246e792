"""Who was erased."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from documents.erasure.models import ErasedPerson
from shared.database.locks import lock, lock_key

_SHARED = text("SELECT pg_advisory_xact_lock_shared(key) FROM unnest(CAST(:keys AS bigint[])) AS key")


def _name(user_id: int) -> str:
    return f"erasure.{user_id}"


async def erased_among(session: AsyncSession, user_ids: Collection[int]) -> dict[int, ErasedPerson]:
    """Those of these people who were erased, by id; nobody else of them is until this transaction ends."""
    if not user_ids:
        return {}
    await session.execute(_SHARED, {"keys": sorted(lock_key(_name(user_id)) for user_id in user_ids)})
    found = await session.scalars(select(ErasedPerson).where(ErasedPerson.user_id.in_(list(user_ids))))
    return {person.user_id: person for person in found}


async def alone_with(session: AsyncSession, user_id: int) -> None:
    """Wait until nobody writes about a person, and let nobody do so until this transaction ends."""
    await lock(session, _name(user_id))
