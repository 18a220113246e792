"""What must hold of the book of mail, and what of it is still to be done."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared import clock

#: Mails of which one booking has one at most.
ONCE = ("booking_confirmed", "new_booking", "first_booking")

_TWICE = text("""
    SELECT booking_id, kind, recipient, count(*) FROM mail
    WHERE kind = ANY(:once) AND booking_id IS NOT NULL GROUP BY 1, 2, 3 HAVING count(*) > 1""")
_GIVEN_UP = text("SELECT id, kind, attempts, last_error FROM mail WHERE state = 'failed' ORDER BY id DESC LIMIT 100")
_DUE = text("SELECT count(*) FROM mail WHERE state = 'sending' OR (state = 'queued' AND next_attempt_at <= :now)")


async def broken_laws(session: AsyncSession) -> dict[str, list[dict[str, Any]]]:
    """The laws that do not hold, each with the rows that break it; empty when all is well."""
    laws = {
        "a booking is told once": await session.execute(_TWICE, {"once": list(ONCE)}),
        "no mail was given up": await session.execute(_GIVEN_UP),
    }
    found: dict[str, list[dict[str, Any]]] = {
        law: [{str(column): value for column, value in row.items()} for row in result.mappings()]
        for law, result in laws.items()
    }
    return {law: rows for law, rows in found.items() if rows}


async def unsettled(session: AsyncSession) -> list[str]:
    """Mails that are due and have not left."""
    due = (await session.execute(_DUE, {"now": clock.now()})).scalar_one()
    return [f"{due} mails due"] if due else []
