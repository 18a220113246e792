"""Consumers: FastStream subscribers on the streams, with what its defaults leave out.

Each stream has two: a reader for new entries, and a claimer that takes over entries whose consumer went silent or failed.
The group is created at the beginning of the stream before anyone reads, so nothing published earlier is missed. An entry
is acknowledged only after its effects are committed. One that keeps failing goes to `<stream>.dead`.
"""

from __future__ import annotations

import asyncio
import os
import socket
import time
from typing import Any

import psycopg
import structlog
from faststream import AckPolicy
from faststream.redis import RedisBroker, RedisStreamMessage, StreamSub
from opentelemetry.trace import SpanKind
from pydantic import ValidationError
from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionInTime

from shared.database.session import Database
from shared.events.envelope import Event
from shared.events.subscribers import Subscription, receive
from shared.settings import ServiceSettings
from shared.telemetry.metrics import DEAD, DUPLICATES, EVENT_LAG, FAILED, HANDLED
from shared.telemetry.spans import span
from shared.telemetry.trace import enter_trace, move_to

log = structlog.get_logger(__name__)

DATA = b"__data__"
# A broker that says nothing for so long is gone, whatever the line pretends; reads wait for a second at most.
BROKER_TIMEOUTS = {"socket_timeout": 10.0, "socket_connect_timeout": 2.0, "socket_keepalive": True}

# Of several that find the same event unbearable (one of them was asleep), one sets it aside.
_BURY = """
if redis.call('XACK', KEYS[1], ARGV[1], ARGV[2]) == 0 then
  return 0
end
redis.call('XADD', KEYS[2], 'MAXLEN', '~', 10000, '*',
  '__data__', ARGV[3], 'group', ARGV[1], 'entry', ARGV[2], 'reason', ARGV[4])
return 1
"""


class Consumers:
    """Reads the streams of one service's subscriptions until stopped."""

    def __init__(
        self, settings: ServiceSettings, database: Database, redis: Redis, subscriptions: list[Subscription]
    ) -> None:
        self._settings = settings
        self._database = database
        self._redis = redis
        self._subscriptions = subscriptions
        self.group = settings.context
        self._consumer = f"{socket.gethostname()}-{os.getpid()}"
        self._broker = RedisBroker(settings.redis_url, logger=None, graceful_timeout=10.0, **BROKER_TIMEOUTS)  # type: ignore[arg-type]
        self._started = False
        for subscription in subscriptions:
            self._subscribe(subscription)

    def _subscribe(self, subscription: Subscription) -> None:
        stream = subscription.aggregate.stream

        async def handle(message: RedisStreamMessage) -> None:
            raw: Any = message.raw_message
            data = raw["data"]
            entries = data if isinstance(data, list) else [data]
            await self._handle(subscription, list(zip(raw["message_ids"], entries, strict=True)))

        self._broker.subscriber(
            stream=StreamSub(
                stream,
                group=self.group,
                consumer=self._consumer,
                batch=True,
                max_records=self._settings.consumer_batch,
                polling_interval=1_000,
            ),
            ack_policy=AckPolicy.MANUAL,
        )(handle)
        self._broker.subscriber(
            stream=StreamSub(
                stream,
                group=self.group,
                consumer=f"{self._consumer}-claimer",
                min_idle_time=self._settings.claim_idle_ms,
                polling_interval=min(1_000, self._settings.claim_idle_ms),
            ),
            ack_policy=AckPolicy.MANUAL,
        )(handle)

    @property
    def healthy(self) -> bool:
        """Whether every reader and claimer is reading."""
        return all(getattr(subscriber, "running", False) for subscriber in self._broker.subscribers)

    async def ensure_groups(self) -> None:
        """Create the groups that do not exist, at the beginning of their streams."""
        for subscription in self._subscriptions:
            try:
                await self._redis.xgroup_create(subscription.aggregate.stream, self.group, id="0", mkstream=True)
            except ResponseError as error:
                if "BUSYGROUP" not in str(error):
                    raise

    async def run(self, stop: asyncio.Event) -> None:
        """Consume until told to stop; a subscriber that ended (its group vanished) is started again."""
        while not stop.is_set():
            if not self.healthy:
                try:
                    await self._start()
                except (RedisError, OSError, TimeoutError) as error:
                    log.warning("consumers.waiting_for_broker", error=type(error).__name__)
            await _pause(stop, 1.0 if self.healthy else 0.5)
        await self._broker.stop()

    async def _start(self) -> None:
        """Start what does not run: everything the first time."""
        await self.ensure_groups()
        if not self._started:
            self._started = True
            await self._broker.start()
            return
        for subscriber in self._broker.subscribers:
            if not getattr(subscriber, "running", False):
                log.warning("consumers.restarting_subscriber")
                await subscriber.start()

    async def _handle(self, subscription: Subscription, entries: list[tuple[bytes, dict[bytes, bytes]]]) -> None:
        """Apply a batch in one transaction; when that fails, one by one, so that one bad entry delays nobody."""
        parsed: list[tuple[bytes, Event[Any]]] = []
        for entry_id, data in entries:
            event = await self._parse(subscription, entry_id, data)
            if event is not None:
                parsed.append((entry_id, event))
        if not parsed:
            return
        if len(parsed) > 1:
            try:
                await self._apply(subscription, parsed)
            except Exception as error:
                log.info("consumers.batch_split", stream=subscription.aggregate.stream, error=type(error).__name__)
            else:
                return
        for pair in parsed:
            try:
                await self._apply(subscription, [pair])
            except Exception as error:
                await self._failed(subscription, pair[0], pair[1], error)

    async def _parse(self, subscription: Subscription, entry_id: bytes, data: dict[bytes, bytes]) -> Event[Any] | None:
        try:
            return subscription.aggregate.event.model_validate_json(data[DATA])
        except (ValidationError, KeyError) as error:
            # No later attempt can read it: set it aside at once.
            await self._bury(subscription, entry_id, data.get(DATA, b""), f"unreadable: {type(error).__name__}")
            return None

    async def _apply(self, subscription: Subscription, parsed: list[tuple[bytes, Event[Any]]]) -> None:
        stream = subscription.aggregate.stream
        # The receipts of a batch are part of nobody's trace, and not of that of the event before.
        move_to(None)
        async with self._database.transaction() as session:
            new = await receive([event for _, event in parsed], session)
            applied = len(new)
            for _, event in parsed:
                if event.id not in new:
                    continue
                # The stream may hold an event twice, and one batch both of them.
                new.remove(event.id)
                enter_trace(event.trace)
                with span(f"process {event.name}", SpanKind.CONSUMER, _described(subscription, event)):
                    await subscription.effect(event, session)
        try:
            await self._redis.xack(stream, self.group, *(entry_id for entry_id, _ in parsed))
        except Exception as error:
            # The effects are committed: the entries are delivered again, found received, and acknowledged then.
            log.warning("consumers.not_acknowledged", stream=stream, entries=len(parsed), error=repr(error))
        HANDLED.labels(stream).inc(applied)
        DUPLICATES.labels(stream).inc(len(parsed) - applied)
        now = time.time()
        for _, event in parsed:
            EVENT_LAG.labels(stream).observe(max(0.0, now - event.occurred_at.timestamp()))

    async def _failed(self, subscription: Subscription, entry_id: bytes, event: Event[Any], error: Exception) -> None:
        stream = subscription.aggregate.stream
        FAILED.labels(stream).inc()
        pending = await self._redis.xpending_range(stream, self.group, entry_id, entry_id, 1)
        deliveries = int(pending[0]["times_delivered"]) if pending else 1
        log.warning(
            "consumers.event_failed",
            stream=stream,
            event_id=str(event.id),
            event_name=event.name,
            deliveries=deliveries,
            exc_info=error,
        )
        # A database or a broker that is away says nothing about the event: it waits, however long that takes.
        if deliveries >= self._settings.max_deliveries and not is_of_the_moment(error):
            await self._bury(subscription, entry_id, event.model_dump_json().encode(), type(error).__name__)

    async def _bury(self, subscription: Subscription, entry_id: bytes, data: bytes, reason: str) -> None:
        stream = subscription.aggregate.stream
        buried = await self._redis.eval(_BURY, 2, stream, f"{stream}.dead", self.group, entry_id, data, reason)
        if not buried:
            return
        DEAD.labels(stream).inc()
        log.error("consumers.event_dead", stream=stream, entry=entry_id.decode(), reason=reason)


def _described(subscription: Subscription, event: Event[Any]) -> dict[str, str | int]:
    return {
        "messaging.system": "redis",
        "messaging.destination.name": subscription.aggregate.stream,
        "messaging.message.id": str(event.id),
        "passculture.aggregate.id": event.aggregate_id,
    }


def is_of_the_moment(error: Exception) -> bool:
    """Whether a failure is of the database, the broker or the line between, and so no fault of the event."""
    if isinstance(error, (DBAPIError, psycopg.Error)):
        code = getattr(getattr(error, "orig", error), "sqlstate", None)
        return not (isinstance(code, str) and code[:2] in {"22", "23", "42", "P0"})
    return isinstance(error, (NoConnectionInTime, RedisError, OSError, TimeoutError))


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
