"""Keeps the technical tables and the streams from growing for ever."""

from __future__ import annotations

import asyncio

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from shared.database.locks import try_lock
from shared.database.session import Database
from shared.events.envelope import Aggregate
from shared.settings import ServiceSettings

log = structlog.get_logger(__name__)

EVERY_SECONDS = 3_600.0
IDLE_CONSUMER_MS = 3_600_000
# Dead letters tell what went wrong; a replay mends what they were about. They may name people.
DEAD_LETTER_DAYS = 30


_PRUNE_OUTBOX = text("DELETE FROM outbox WHERE published_at < now() - make_interval(days => :days)")
_PRUNE_INBOX = text("DELETE FROM inbox WHERE received_at < now() - make_interval(days => :days)")
_DAY_MS = 86_400_000


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


async def read_by_all(redis: Redis, stream: str) -> tuple[int, int] | None:
    """Up to which entry, that one included, every group has read and settled; None when the stream has no group."""
    try:
        groups = await redis.xinfo_groups(stream)
    except ResponseError:
        return None
    read: tuple[int, int] | None = None
    for group in groups:
        place = _entry_id(group["last-delivered-id"])
        waiting = await redis.xpending(stream, group["name"])
        if waiting["pending"]:
            place = min(place, _before(_entry_id(waiting["min"])))
        read = place if read is None else min(read, place)
    return read


async def trim_stream(settings: ServiceSettings, redis: Redis, stream: str) -> None:
    """Trim what is older than the retention, by the broker's clock, and read by every group: an unread entry is never
    dropped. Its dead letters go by age alone.
    """
    seconds, _ = await redis.time()
    oldest = (seconds * 1_000 - settings.event_retention_days * _DAY_MS, 0)
    read = await read_by_all(redis, stream)
    if read is not None:
        oldest = min(oldest, read)
    await redis.xtrim(stream, minid=f"{oldest[0]}-{oldest[1]}", approximate=True)
    await redis.xtrim(f"{stream}.dead", minid=seconds * 1_000 - DEAD_LETTER_DAYS * _DAY_MS, approximate=True)


async def drop_idle_consumers(redis: Redis, stream: str, group: str) -> None:
    """Forget the consumers of processes that ended and hold nothing."""
    try:
        consumers = await redis.xinfo_consumers(stream, group)
    except ResponseError:
        return
    for consumer in consumers:
        if consumer["pending"] == 0 and consumer["idle"] > IDLE_CONSUMER_MS:
            await redis.xgroup_delconsumer(stream, group, consumer["name"])


def _before(entry_id: tuple[int, int]) -> tuple[int, int]:
    milliseconds, sequence = entry_id
    return (milliseconds, sequence - 1) if sequence else (milliseconds - 1, 2**63)


def _entry_id(value: bytes | str) -> tuple[int, int]:
    milliseconds, _, sequence = (value.decode() if isinstance(value, bytes) else value).partition("-")
    return int(milliseconds), int(sequence or 0)


async def run(
    settings: ServiceSettings,
    database: Database,
    redis: Redis,
    published: tuple[Aggregate, ...],
    heard: list[Aggregate],
    stop: asyncio.Event,
) -> None:
    """Every hour: prune this service's tables, trim the streams that it publishes, forget its dead consumers."""
    while not stop.is_set():
        try:
            await prune_tables(settings, database)
            for aggregate in published:
                await trim_stream(settings, redis, aggregate.stream)
            for aggregate in heard:
                await drop_idle_consumers(redis, aggregate.stream, settings.context)
        except (SQLAlchemyError, RedisError, OSError) as error:
            log.warning("upkeep.postponed", error=type(error).__name__)
        try:
            await asyncio.wait_for(stop.wait(), EVERY_SECONDS)
        except TimeoutError:
            continue
