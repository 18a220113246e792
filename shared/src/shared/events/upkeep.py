"""Keeps the technical tables and the streams from growing for ever."""

from __future__ import annotations

import asyncio

import structlog
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from shared.database.locks import try_lock
from shared.database.session import Database
from shared.events.brokers import Broker
from shared.events.envelope import Aggregate
from shared.settings import ServiceSettings

log = structlog.get_logger(__name__)

EVERY_SECONDS = 3_600.0
# Dead letters tell what went wrong; a replay mends what they were about. They may name people.
DEAD_LETTER_DAYS = 30


_PRUNE_OUTBOX = text("DELETE FROM outbox WHERE published_at < now() - make_interval(days => :days)")
_PRUNE_INBOX = text("DELETE FROM inbox WHERE received_at < now() - make_interval(days => :days)")


async def prune_tables(settings: ServiceSettings, database: Database) -> None:
    """Drop published outbox rows and inbox receipts after their retention; receipts stay twice as long as entries.

    The database's clock decides, since it has dated them: one of ours that jumps ahead must not make receipts go that are
    still needed.
    """
    async with database.transaction() as session:
        if not await try_lock(session, f"upkeep.{settings.context}"):
            return
        await session.execute(_PRUNE_OUTBOX, {"days": settings.event_retention_days})
        await session.execute(_PRUNE_INBOX, {"days": 2 * settings.event_retention_days})


async def run(
    settings: ServiceSettings,
    database: Database,
    broker: Broker,
    published: tuple[Aggregate, ...],
    heard: list[Aggregate],
    stop: asyncio.Event,
) -> None:
    """Every hour: prune this service's tables, trim the streams that it publishes, forget its dead consumers."""
    while not stop.is_set():
        try:
            await prune_tables(settings, database)
            for aggregate in published:
                await broker.trim(aggregate.stream, days=settings.event_retention_days, dead_days=DEAD_LETTER_DAYS)
            for aggregate in heard:
                await broker.drop_idle_consumers(aggregate.stream, settings.context)
        except (SQLAlchemyError, *broker.failures, OSError) as error:
            log.warning("upkeep.postponed", error=type(error).__name__)
        try:
            await asyncio.wait_for(stop.wait(), EVERY_SECONDS)
        except TimeoutError:
            continue
