"""Consumers: what a service does with the entries that its broker's readers bring, and when it cannot.

An entry is acknowledged only after its effects are committed. One that was not is given again, to whoever reads; one that
keeps failing goes to `<stream>.dead`.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

import psycopg
import structlog
from opentelemetry.trace import SpanKind
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionInTime

from shared.database.session import Database
from shared.events.brokers import Broker, Entry
from shared.events.envelope import Event
from shared.events.subscribers import Subscription, receive
from shared.settings import ServiceSettings
from shared.telemetry.metrics import DEAD, DUPLICATES, EVENT_LAG, FAILED, HANDLED
from shared.telemetry.spans import span
from shared.telemetry.trace import enter_trace, move_to

log = structlog.get_logger(__name__)


class Consumers:
    """Reads the streams of one service's subscriptions until stopped."""

    def __init__(
        self, settings: ServiceSettings, database: Database, broker: Broker, subscriptions: list[Subscription]
    ) -> None:
        self._settings = settings
        self._database = database
        self._broker = broker
        self._subscriptions = {subscription.aggregate.stream: subscription for subscription in subscriptions}
        self.reader = broker.reader(settings.context, settings, list(self._subscriptions), self.handle)

    @property
    def healthy(self) -> bool:
        """Whether every stream is being read."""
        return self.reader.healthy

    async def run(self, stop: asyncio.Event) -> None:
        """Consume until told to stop; what ended (its group vanished) is started again."""
        while not stop.is_set():
            if not self.healthy:
                try:
                    await self.reader.start()
                except (*self._broker.failures, OSError, TimeoutError) as error:
                    log.warning("consumers.waiting_for_broker", error=type(error).__name__)
            await _pause(stop, 1.0 if self.healthy else 0.5)
        await self.reader.stop()

    async def handle(self, entries: list[Entry]) -> None:
        """Apply a batch of one stream in one transaction; when that fails, one by one, so that one bad entry delays
        nobody.
        """
        subscription = self._subscriptions[entries[0].stream]
        parsed: list[tuple[Entry, Event[Any]]] = []
        for entry in entries:
            event = await self._parse(subscription, entry)
            if event is not None:
                parsed.append((entry, event))
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
                await self._failed(pair[0], pair[1], error)

    async def _parse(self, subscription: Subscription, entry: Entry) -> Event[Any] | None:
        try:
            if entry.data is None:
                raise KeyError("no event")
            return subscription.aggregate.event.model_validate_json(entry.data)
        except (ValidationError, KeyError) as error:
            # No later attempt can read it: set it aside at once.
            await self._bury(entry, entry.data or b"", f"unreadable: {type(error).__name__}")
            return None

    async def _apply(self, subscription: Subscription, parsed: list[tuple[Entry, Event[Any]]]) -> None:
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
                with span(f"process {event.name}", SpanKind.CONSUMER, self._described(stream, event)):
                    await subscription.effect(event, session)
        try:
            await self.reader.acknowledge([entry for entry, _ in parsed])
        except Exception as error:
            # The effects are committed: the entries are delivered again, found received, and acknowledged then.
            log.warning("consumers.not_acknowledged", stream=stream, entries=len(parsed), error=repr(error))
        HANDLED.labels(stream).inc(applied)
        DUPLICATES.labels(stream).inc(len(parsed) - applied)
        now = time.time()
        for _, event in parsed:
            EVENT_LAG.labels(stream).observe(max(0.0, now - event.occurred_at.timestamp()))

    async def _failed(self, entry: Entry, event: Event[Any], error: Exception) -> None:
        FAILED.labels(entry.stream).inc()
        deliveries = await self.reader.attempts(entry)
        log.warning(
            "consumers.event_failed",
            stream=entry.stream,
            event_id=str(event.id),
            event_name=event.name,
            deliveries=deliveries,
            exc_info=error,
        )
        # A database or a broker that is away says nothing about the event: it waits, however long that takes.
        if deliveries >= self._settings.max_deliveries and not is_of_the_moment(error, self._broker.failures):
            await self._bury(entry, event.model_dump_json().encode(), type(error).__name__)

    async def _bury(self, entry: Entry, data: bytes, reason: str) -> None:
        if not await self.reader.bury(entry, data, reason):
            return
        DEAD.labels(entry.stream).inc()
        log.error("consumers.event_dead", stream=entry.stream, entry=entry.id, reason=reason)

    def _described(self, stream: str, event: Event[Any]) -> dict[str, str | int]:
        return {
            "messaging.system": self._broker.system,
            "messaging.destination.name": stream,
            "messaging.message.id": str(event.id),
            "passculture.aggregate.id": event.aggregate_id,
        }


def is_of_the_moment(error: Exception, broker_failures: tuple[type[Exception], ...] = ()) -> bool:
    """Whether a failure is of the database, the broker or the line between, and so no fault of the event."""
    if isinstance(error, (DBAPIError, psycopg.Error)):
        code = getattr(getattr(error, "orig", error), "sqlstate", None)
        return not (isinstance(code, str) and code[:2] in {"22", "23", "42", "P0"})
    return isinstance(error, (NoConnectionInTime, OSError, TimeoutError, *broker_failures))


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
