"""Whether scheduled commands may run."""

from __future__ import annotations

from shared.commands import Counts
from shared.database import Database
from users.features.queries import active_flags

DISABLED: Counts = {"disabled": 1}


async def jobs_are_off(database: Database) -> bool:
    """Whether the flag ENABLE_ALL_CRON is off: then a job does nothing and says so."""
    async with database.transaction() as session:
        return "ENABLE_ALL_CRON" not in await active_flags(session)
