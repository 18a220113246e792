"""Advisory locks, named as people name things."""

from __future__ import annotations

from hashlib import sha256

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


def lock_key(name: str) -> int:
    """The 64-bit key of a lock's name."""
    return int.from_bytes(sha256(name.encode()).digest()[:8], signed=True)


async def try_lock(session: AsyncSession, name: str) -> bool:
    """Take the lock until the transaction ends; False when somebody else holds it."""
    result = await session.execute(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": lock_key(name)})
    return bool(result.scalar_one())


async def lock(session: AsyncSession, name: str) -> None:
    """Wait for the lock (bounded by `lock_timeout`) and hold it until the transaction ends."""
    await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": lock_key(name)})
