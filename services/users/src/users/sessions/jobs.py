"""What was kept long enough: sessions, tokens, counters, devices."""

from __future__ import annotations

from shared.commands import Counts
from shared.database import Database
from users.identity.educonnect.actions import purge_saml
from users.notices.actions import purge_notices
from users.sessions.actions import purge, purge_devices
from users.tasks.actions import purge_tasks
from users.tokens.actions import purge_tokens


async def delete_expired(database: Database, *, dry_run: bool = False) -> Counts:
    """Delete sessions, tokens and counters that are past their time; a dry run counts them and takes it back."""
    async with database.transaction() as session:
        counts = {
            **await purge(session),
            "one_time_tokens": await purge_tokens(session),
            "notices": await purge_notices(session),
            "partner_tasks": await purge_tasks(session),
            "saml": await purge_saml(session),
        }
        if dry_run:
            await session.rollback()
    return counts


async def delete_devices(database: Database, *, dry_run: bool = False) -> Counts:
    """Delete devices past their retention; a dry run counts them and takes it back."""
    async with database.transaction() as session:
        counts = await purge_devices(session)
        if dry_run:
            await session.rollback()
    return counts
