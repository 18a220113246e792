"""The command line of documents."""

from __future__ import annotations

from documents.features import Flag, flags
from documents.reminders.jobs import remind_of_expiry, remind_of_tomorrow
from documents.settings import Settings
from shared.commands import Counts, job, service_cli
from shared.database import Database
from shared.schedules import daily

cli = service_cli(Settings, flags=flags)


@job(cli, Settings, "remind-of-tomorrow", daily("08:30"), needs=[Flag.ENABLE_ALL_CRON])
async def tomorrows_events(database: Database, dry_run: bool = False) -> Counts:
    """Mail whoever goes to an event tomorrow, with the ticket. Daily."""
    return await remind_of_tomorrow(database, dry_run=dry_run)


@job(cli, Settings, "remind-of-expiry", daily("08:45"), needs=[Flag.ENABLE_ALL_CRON])
async def soon_expired(database: Database, dry_run: bool = False) -> Counts:
    """Mail whoever has a few days left to fetch what they booked. Daily."""
    return await remind_of_expiry(database, dry_run=dry_run)
