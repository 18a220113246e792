"""Measures what waits: in this service's outbox, and on the streams that it hears."""

from __future__ import annotations

import asyncio
import contextlib

import structlog
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from shared.database.session import Database
from shared.events.brokers import Broker
from shared.events.envelope import Aggregate
from shared.telemetry.metrics import OUTBOX_OLDEST, STREAM_DEAD, STREAM_LAG, STREAM_PENDING

log = structlog.get_logger(__name__)

EVERY_SECONDS = 10.0

# The relay publishes in this order, so the first row is the one that waits longest for it.
_OLDEST = text(
    "SELECT extract(epoch FROM clock_timestamp() - occurred_at) FROM outbox WHERE published_at IS NULL ORDER BY id LIMIT 1"
)


async def look_at_outbox(database: Database) -> None:
    """Set `outbox_oldest_seconds`; 0 when nothing waits."""
    async with database.transaction() as session:
        age = (await session.execute(_OLDEST)).scalar()
    OUTBOX_OLDEST.set(max(0.0, float(age or 0)))


async def look_at_stream(broker: Broker, stream: str, group: str) -> None:
    """Set what this group has not read of a stream, holds of it, and what was set aside of it."""
    found = await broker.backlog(stream, group)
    if found is not None:
        # Where the broker cannot tell, the last known figure stays.
        if found.lag is not None:
            STREAM_LAG.labels(stream).set(found.lag)
        STREAM_PENDING.labels(stream).set(found.pending)
    STREAM_DEAD.labels(stream).set(await broker.count_dead(stream))


async def run(context: str, database: Database, broker: Broker, heard: list[Aggregate], stop: asyncio.Event) -> None:
    """Look every ten seconds until told to stop."""
    while not stop.is_set():
        try:
            await look_at_outbox(database)
            for aggregate in heard:
                await look_at_stream(broker, aggregate.stream, context)
        except (SQLAlchemyError, *broker.failures, OSError) as error:
            log.warning("watch.blind", error=type(error).__name__)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), EVERY_SECONDS)
