"""How often something is tried. Counted in the database before the attempt, so that restarts and races change nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import delete, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from shared import clock
from shared.errors import ApiError
from users.sessions.models import AttemptCount


def attempt_key(*parts: str) -> bytes:
    """The key of a counter; what it names cannot be read back from the table."""
    return sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).digest()


# One more attempt for each key, in the order of the keys, so that no two wait for one another. What follows it may ask
# `over`: the latest end of the windows of those that are beyond their limit, null when none is.
COUNTING = """
WITH asked AS (SELECT * FROM unnest(%(keys)s::bytea[], %(limits)s::bigint[]) AS limits (key, allowed)),
counted AS (
    INSERT INTO attempt_count AS known (key, count, expires_at)
    SELECT key, 1, %(expires_at)s FROM asked ORDER BY key
    ON CONFLICT (key) DO UPDATE SET
        count = CASE WHEN known.expires_at <= %(now)s THEN 1 ELSE known.count + 1 END,
        expires_at = CASE WHEN known.expires_at <= %(now)s THEN excluded.expires_at ELSE known.expires_at END
    RETURNING key, count, expires_at
),
over AS (SELECT max(expires_at) AS ends_at FROM counted JOIN asked USING (key) WHERE count > allowed)
"""
_COUNT = COUNTING + "SELECT ends_at FROM over"  # noqa: S608 - constants
_FORGET = text("""
WITH held AS MATERIALIZED (
    SELECT key FROM attempt_count WHERE key IN (:reset, :uncount) ORDER BY key FOR UPDATE
),
dropped AS (DELETE FROM attempt_count USING held WHERE attempt_count.key = held.key AND held.key = :reset)
UPDATE attempt_count SET count = count - 1 FROM held
WHERE attempt_count.key = held.key AND held.key = :uncount AND count > 0
""")


def counting(limits: dict[bytes, int], window: timedelta) -> dict[str, Any]:
    """The values of `COUNTING`: a window starts at its first attempt and is not extended."""
    now = clock.now()
    return {"keys": list(limits), "limits": list(limits.values()), "now": now, "expires_at": now + window}


def seconds_until(ends_at: datetime | None) -> int | None:
    """The seconds to wait for the end of a window; None without one."""
    return None if ends_at is None else max(1, int((ends_at - clock.now()).total_seconds()))


async def count_attempts(session: AsyncSession, limits: dict[bytes, int], window: timedelta) -> int | None:
    """Count one more attempt for each key. None when all are within their limit, else the seconds to wait."""
    connection = await session.connection()
    return seconds_until((await connection.exec_driver_sql(_COUNT, counting(limits, window))).scalar())


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
    await session.execute(_FORGET, {"reset": reset, "uncount": uncount})


def too_many(seconds: int) -> ApiError:
    return ApiError(
        429,
        {"global": ["Trop de tentatives. Réessaie un peu plus tard."]},
        {"Retry-After": str(seconds)},
    )
