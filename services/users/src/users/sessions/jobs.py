"""Devices that were kept long enough."""

from __future__ import annotations

from sqlalchemy import func, select

from shared import clock
from shared.commands import Counts
from shared.database import Database
from users.features.jobs import DISABLED, jobs_are_off
from users.sessions.actions import old_devices, purge_devices


async def delete_devices(database: Database, *, dry_run: bool = False) -> Counts:
    """Delete devices past their retention, or count them."""
    if await jobs_are_off(database):
        return DISABLED
    async with database.transaction() as session:
        if not dry_run:
            return await purge_devices(session)
        return {
            f"would_delete_{name}": await session.scalar(select(func.count()).select_from(model).where(old)) or 0
            for name, (model, old) in old_devices(clock.now()).items()
        }
