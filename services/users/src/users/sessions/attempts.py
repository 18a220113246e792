"""How often something is tried. Counted in the database before the attempt, so that restarts and races change nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import case, delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from shared import clock
from shared.errors import ApiError
from users.sessions.models import AttemptCount


def attempt_key(*parts: str) -> bytes:
    """The key of a counter; what it names cannot be read back from the table."""
    return sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).digest()


async def count_attempts(session: AsyncSession, limits: dict[bytes, int], window: timedelta) -> int | None:
    """Count one more attempt for each key. None when all are within their limit, else the seconds to wait.

    A window starts at its first attempt and is not extended.
    """
    now = clock.now()
    rows = [{"key": key, "count": 1, "expires_at": now + window} for key in sorted(limits)]
    statement = insert(AttemptCount).values(rows)
    over = AttemptCount.expires_at <= now
    statement = statement.on_conflict_do_update(
        index_elements=[AttemptCount.key],
        set_={
            "count": case((over, 1), else_=AttemptCount.count + 1),
            "expires_at": case((over, statement.excluded.expires_at), else_=AttemptCount.expires_at),
        },
    ).returning(AttemptCount.key, AttemptCount.count, AttemptCount.expires_at)
    waits = [
        max(1, int((expires_at - now).total_seconds()))
        for key, count, expires_at in await session.execute(statement)
        if count > limits[key]
    ]
    return max(waits, default=None)


@dataclass(frozen=True)
class Quota:
    """What is left of a limit and, once something was counted, when it is whole again."""

    remaining: int
    resets_at: datetime | None


async def quota_of(session: AsyncSession, key: bytes, limit: int) -> Quota:
    """What a key may still do; counts nothing."""
    row = (
        await session.execute(
            select(AttemptCount.count, AttemptCount.expires_at).where(
                AttemptCount.key == key, AttemptCount.expires_at > clock.now()
            )
        )
    ).first()
    return Quota(max(0, limit - row[0]), row[1]) if row else Quota(limit, None)


async def clear_attempts(session: AsyncSession, key: bytes) -> None:
    """Start a key's counter again."""
    await session.execute(delete(AttemptCount).where(AttemptCount.key == key))


async def forget_attempts(session: AsyncSession, *, reset: bytes, uncount: bytes) -> None:
    """After a success: the counter of `reset` starts again, the one of `uncount` loses the attempt that succeeded."""
    lessen = update(AttemptCount).where(AttemptCount.key == uncount, AttemptCount.count > 0)
    statements = {
        reset: delete(AttemptCount).where(AttemptCount.key == reset),
        uncount: lessen.values(count=AttemptCount.count - 1),
    }
    # In the order in which counting locks the rows.
    for key in sorted(statements):
        await session.execute(statements[key])


def too_many(seconds: int) -> ApiError:
    return ApiError(
        429,
        {"global": ["Trop de tentatives. Réessaie un peu plus tard."]},
        {"Retry-After": str(seconds)},
    )
