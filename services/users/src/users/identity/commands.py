"""The jobs of identities and credits, for cron."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import typer

from shared.commands import Counts, job
from shared.database import Database
from shared.schedules import daily, every
from users.deposits.jobs import recredit_users
from users.features import Flag
from users.identity.dms import jobs as dms_jobs
from users.identity.ubble.jobs import refresh_stale
from users.identity.ubble.pictures import archive_past
from users.partners import Partners, partners_for
from users.settings import Settings
from users.subscription.jobs import notify_newly_eligible, remind_subscriptions


@asynccontextmanager
async def _partners() -> AsyncIterator[Partners]:
    partners = partners_for(Settings())
    try:
        yield partners
    finally:
        await partners.close()


def register(cli: typer.Typer) -> None:
    """Add the jobs to the command line."""

    @job(cli, Settings, "recredit-users", daily("01:00"), needs=[Flag.ENABLE_ALL_CRON])
    async def recredit(database: Database, dry_run: bool = False) -> Counts:
        """Add what a 17th or 18th birthday gives to the credits that run."""
        return await recredit_users(database, Settings(), dry_run=dry_run)

    @job(cli, Settings, "notify-newly-eligible-users", daily("09:00"), needs=[Flag.ENABLE_ALL_CRON])
    async def newly_eligible(database: Database, dry_run: bool = False) -> Counts:
        """Mail whoever turns 17 or 18 today, where NOTIFY_NEWLY_ELIGIBLE_USERS is set."""
        return await notify_newly_eligible(database, Settings(), dry_run=dry_run)

    @job(cli, Settings, "remind-subscriptions", daily("10:00"), needs=[Flag.ENABLE_ALL_CRON])
    async def remind(database: Database, dry_run: bool = False) -> Counts:
        """Mail again whoever failed at Ubble and may try again."""
        return await remind_subscriptions(database, Settings(), dry_run=dry_run)

    @job(cli, Settings, "refresh-ubble-identifications", every(minutes=5), needs=[Flag.ENABLE_ALL_CRON])
    async def refresh(database: Database, dry_run: bool = False) -> Counts:
        """Have identifications read again of which nothing was heard for 12 hours."""
        return await refresh_stale(database, dry_run=dry_run)

    @job(cli, Settings, "archive-id-pictures", daily("02:30"), needs=[Flag.ENABLE_ALL_CRON])
    async def archive(database: Database, dry_run: bool = False) -> Counts:
        """Keep the pictures of accepted documents that are not kept yet."""
        async with _partners() as partners:
            return await archive_past(database, partners.ubble, partners.private_storage, dry_run=dry_run)

    @job(cli, Settings, "import-dms-applications", every(minutes=30), needs=[Flag.ENABLE_ALL_CRON])
    async def import_dms(database: Database, dry_run: bool = False) -> Counts:
        """Follow the applications at Démarche Numérique that changed."""
        async with _partners() as partners:
            return await dms_jobs.import_updated(database, partners, dry_run=dry_run)

    @job(cli, Settings, "close-inactive-dms-applications", daily("03:30"), needs=[Flag.ENABLE_ALL_CRON])
    async def close_dms(database: Database, only_never_eligible: bool = False, dry_run: bool = False) -> Counts:
        """Close drafts that wait for their applicant for 30 days."""
        async with _partners() as partners:
            return await dms_jobs.close_inactive(
                database, partners, only_never_eligible=only_never_eligible, dry_run=dry_run
            )

    @job(cli, Settings, "follow-deleted-dms-applications", daily("03:45"), needs=[Flag.ENABLE_ALL_CRON])
    async def deleted_dms(database: Database, dry_run: bool = False) -> Counts:
        """Cancel the checks of applications that were deleted."""
        async with _partners() as partners:
            return await dms_jobs.follow_deletions(database, partners, dry_run=dry_run)

    @job(cli, Settings, "archive-dms-applications", daily("04:15"), needs=[Flag.ENABLE_ALL_CRON])
    async def archive_dms(database: Database, dry_run: bool = False) -> Counts:
        """Put away applications that were decided a month ago."""
        async with _partners() as partners:
            return await dms_jobs.archive_processed(database, partners, dry_run=dry_run)
