"""The relay: carries outbox rows to the streams, in order, once a single process at a time holds the lock.

Rows are marked after they are on the stream, so a crash in between sends them twice and the inbox of each reader drops
the second. The broker keeps a watermark beside the streams, written together with the entries (decision 5); a broker that
came back without its newest entries (or empty) shows an old watermark, and the rows after it are sent again.
"""

from __future__ import annotations

import asyncio
import contextlib
from datetime import UTC, datetime
from typing import Any

import orjson
import psycopg
import structlog
from opentelemetry.trace import Span, SpanKind
from psycopg import AsyncConnection
from psycopg.rows import dict_row

from shared.database.locks import lock_key
from shared.database.session import Database
from shared.events.brokers import Broker, BrokerChanged, Told
from shared.settings import ServiceSettings
from shared.telemetry.metrics import OUTBOX_PENDING, RELAYED
from shared.telemetry.spans import begin, traceparent_of

log = structlog.get_logger(__name__)

BATCH = 500
POLL_SECONDS = 0.5
RETRY_SECONDS = 1.0
# After a batch, what is told within this time goes together. A fact after a quiet moment goes at once; of many, each would
# else be a batch of its own, which costs relay and readers several times as much.
GATHER_SECONDS = 0.02

_PENDING = """
SELECT id, event_id, stream, name, schema_version, aggregate_id, occurred_at, trace, state::text AS state
FROM outbox WHERE published_at IS NULL ORDER BY id LIMIT %s
"""
_MARK = "UPDATE outbox SET published_at = %s WHERE id = ANY(%s)"
_RESEND = "UPDATE outbox SET published_at = NULL WHERE published_at > %s"


def entry(row: dict[str, Any]) -> bytes:
    """The envelope of an outbox row as it lies on the stream. The state is spliced in as PostgreSQL wrote it."""
    head = orjson.dumps(
        {
            "id": row["event_id"],
            "name": row["name"],
            "schema_version": row["schema_version"],
            "occurred_at": row["occurred_at"],
            "aggregate_id": row["aggregate_id"],
            "aggregate_version": row["id"],
            "trace": row["trace"],
        }
    )
    return head[:-1] + b',"state":' + row["state"].encode() + b"}"


def _span(row: dict[str, Any], system: str) -> Span | None:
    """The sending of a recorded request's event; whoever handles the event continues from here."""
    if row["trace"] is None:
        return None
    made = begin(
        f"send {row['name']}",
        row["trace"],
        SpanKind.PRODUCER,
        {
            "messaging.system": system,
            "messaging.destination.name": row["stream"],
            "messaging.message.id": str(row["event_id"]),
            "passculture.aggregate.id": row["aggregate_id"],
        },
    )
    if made is not None:
        row["trace"] = traceparent_of(made)
    return made


class Relay:
    """Publishes one service's outbox until told to stop; waits while another process holds the lock."""

    def __init__(self, settings: ServiceSettings, database: Database, broker: Broker) -> None:
        self._settings = settings
        self._database = database
        self._broker = broker
        self._known_watermark: str | None = None
        self.healthy = False

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                connection = await self._database.connect()
                try:
                    await self._hold(connection, stop)
                finally:
                    self.healthy = False
                    # The server may be gone; closing then has nothing left to say.
                    with contextlib.suppress(psycopg.Error, OSError):
                        await connection.close()
            except (psycopg.Error, *self._broker.failures, OSError) as error:
                log.warning("relay.interrupted", error=type(error).__name__)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), RETRY_SECONDS)

    async def _hold(self, connection: AsyncConnection, stop: asyncio.Event) -> None:
        key = lock_key(f"relay.{self._settings.context}")
        while not stop.is_set():
            row = await (await connection.execute("SELECT pg_try_advisory_lock(%s)", (key,))).fetchone()
            if row and row[0]:
                break
            # Standing by for the holder is a healthy state.
            self.healthy = True
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), RETRY_SECONDS)
        else:
            return
        await connection.execute("LISTEN outbox")
        log.info("relay.holding")
        while not stop.is_set():
            try:
                await self._compare_watermark(connection)
                sent = await self.publish_once(connection)
            except BrokerChanged:
                log.warning("relay.broker_changed")
                continue
            self.healthy = True
            if 0 < sent < BATCH:
                await asyncio.sleep(GATHER_SECONDS)
            if sent < BATCH:
                await self._wait(connection, stop)

    async def _wait(self, connection: AsyncConnection, stop: asyncio.Event) -> None:
        listening = asyncio.ensure_future(self._notified(connection))
        stopping = asyncio.ensure_future(stop.wait())
        try:
            await asyncio.wait({listening, stopping}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()
            if not listening.done():
                listening.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await listening

    @staticmethod
    async def _notified(connection: AsyncConnection) -> None:
        async for _ in connection.notifies(timeout=POLL_SECONDS, stop_after=1):
            pass

    async def _compare_watermark(self, connection: AsyncConnection) -> None:
        """Send again what the broker forgot. The broker is asked before every batch: it may have restarted since."""
        stored = await self._broker.watermark(self._settings.context)
        if stored is not None and stored == self._known_watermark:
            return
        since = datetime.fromisoformat(stored) if stored else datetime.min.replace(tzinfo=UTC)
        result = await connection.execute(_RESEND, (since,))
        if result.rowcount:
            log.warning("relay.resending", rows=result.rowcount, since=stored)
        self._known_watermark = stored or "empty"
        if stored is None:
            await self._broker.begin(self._settings.context, since.isoformat())
            self._known_watermark = since.isoformat()

    async def publish_once(self, connection: AsyncConnection) -> int:
        """Publish one batch; the number of events sent.

        Raises BrokerChanged, and sends nothing, when the broker is not the one whose watermark was looked at: restarted
        without its data since, or told by another relay. Sent there, the batch would hide that what came before is gone.
        """
        async with connection.cursor(row_factory=dict_row) as cursor:
            rows = await (await cursor.execute(_PENDING, (BATCH,))).fetchall()
        OUTBOX_PENDING.set(len(rows))
        if not rows:
            return 0
        moment = await self._moment(connection)
        spans = [made for row in rows if (made := _span(row, self._broker.system)) is not None]
        told = [Told(row["stream"], str(row["event_id"]), entry(row)) for row in rows]
        await self._broker.publish(self._settings.context, told, moment.isoformat(), after=self._known_watermark)
        self._known_watermark = moment.isoformat()
        await connection.execute(_MARK, (moment, [row["id"] for row in rows]))
        for made in spans:
            made.end()
        RELAYED.inc(len(rows))
        return len(rows)

    @staticmethod
    async def _moment(connection: AsyncConnection) -> datetime:
        """The server's clock, never behind what was marked before: the watermark must only grow."""
        row = await (
            await connection.execute(
                "SELECT greatest(clock_timestamp(), max(published_at) + interval '1 us') FROM outbox"
            )
        ).fetchone()
        assert row is not None  # noqa: S101 - an aggregate always answers one row
        return row[0]
