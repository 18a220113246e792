"""Applications of people who had no account: found again once somebody proves to read their address."""

from __future__ import annotations

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from users.identity.models import OrphanApplication
from users.tasks.actions import ask_for

READ_APPLICATION = "dms_application"


async def adopt_orphans(session: AsyncSession, email: str) -> int:
    """Have the applications of an address read again, now that it is an account's; how many."""
    numbers = list(
        await session.scalars(
            delete(OrphanApplication)
            .where(OrphanApplication.email == email)
            .returning(OrphanApplication.application_id)
        )
    )
    for number in numbers:
        await ask_for(session, READ_APPLICATION, str(number))
    return len(numbers)
