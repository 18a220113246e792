"""The worker's look at the laws, every hour: what breaks them is a metric that pages somebody."""

from __future__ import annotations

import asyncio
import contextlib
import time

import structlog
from prometheus_client import Gauge
from sqlalchemy import text

from bookings.audit import LAWS, broken_laws
from bookings.settings import Settings
from shared.database.session import Database

log = structlog.get_logger(__name__)

BROKEN = Gauge("audit_broken_rows", "Rows that break a law of seats, money or facts at the last look", ("law",))
FINISHED = Gauge("audit_finished_timestamp_seconds", "When the laws were last looked at")

# The laws read whole tables: what is too long for a request is not for them.
_PATIENCE = text("SET LOCAL statement_timeout = '30min'")


async def look(database: Database) -> dict[str, int]:
    """How many rows break each law at this moment; sets the metrics and logs the rows that break one."""
    async with database.transaction() as session:
        await session.execute(_PATIENCE)
        broken = await broken_laws(session)
    for law in LAWS:
        rows = broken.get(law, [])
        BROKEN.labels(law).set(len(rows))
        if rows:
            log.error("audit.law_broken", law=law, rows=rows[:20], total=len(rows))
    FINISHED.set(time.time())
    return {law: len(rows) for law, rows in broken.items()}


class AuditLoop:
    """Looks at once and then every `audit_interval_seconds`, until told to stop."""

    __name__ = "audit"

    def __init__(self, settings: Settings) -> None:
        self._seconds = settings.audit_interval_seconds

    async def __call__(self, database: Database, stop: asyncio.Event) -> None:
        while not stop.is_set():
            await look(database)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), self._seconds)
