"""Taking people out of what bookings keeps and told.

Bookings themselves name nobody: they have the holder's number. Their facts carry a snapshot of the holder.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import CursorResult, delete, text
from sqlalchemy.ext.asyncio import AsyncSession

from bookings.erasure.models import ErasedPerson
from bookings.idempotency.models import IdempotencyKey
from shared.events.bookings import BOOKING
from shared.events.erasure import Personal, note_erased
from shared.events.users import ANONYMOUS_DOMAIN

# The snapshot becomes what `users` says of the holder today; facts that wait to leave, too, leave so.
_CLEAN = text(
    """
    UPDATE outbox SET state = outbox.state || jsonb_build_object('beneficiary', (outbox.state -> 'beneficiary')
      || jsonb_build_object('email', u.email, 'first_name', u.first_name, 'last_name', u.last_name,
        'birth_date', u.birth_date, 'phone_number', u.phone_number, 'department_code', u.department_code))
    FROM user_replica u
    WHERE outbox.stream = :stream AND u.id = (outbox.state ->> 'user_id')::bigint AND u.id = ANY(:ids)
      AND outbox.state -> 'beneficiary' ->> 'email' <> u.email
    """
)


async def erase_holder(session: AsyncSession, user_id: int) -> None:
    """A person is nobody now: forget the answers kept under their keys, and have their snapshots taken back."""
    await session.execute(delete(IdempotencyKey).where(IdempotencyKey.user_id == user_id))
    await note_erased(session, ErasedPerson, user_id)


async def clean_outbox(session: AsyncSession, ids: Collection[int]) -> tuple[int, int]:
    result = await session.execute(_CLEAN, {"stream": BOOKING.stream, "ids": list(ids)})
    return (result.rowcount if isinstance(result, CursorResult) else 0), 0


def _holder(state: Mapping[str, Any]) -> int | None:
    return None if state["beneficiary"]["email"].endswith(f"@{ANONYMOUS_DOMAIN}") else int(state["user_id"])


PERSONAL = (Personal(BOOKING, _holder),)
