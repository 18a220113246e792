"""Facts leave by the outbox: a row written in the transaction of the change that it tells."""

from __future__ import annotations

from typing import Any

from psycopg import AsyncConnection
from psycopg.types.json import Jsonb
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from shared import clock
from shared.events.envelope import Aggregate, S, State
from shared.telemetry.trace import current_traceparent

_INSERT = text(
    "INSERT INTO outbox (event_id, stream, name, schema_version, aggregate_id, occurred_at, trace, state) "
    "VALUES (:event_id, :stream, :name, :schema_version, :aggregate_id, :occurred_at, :trace, :state)"
)
_INSERT_PSYCOPG = (
    "INSERT INTO outbox (event_id, stream, name, schema_version, aggregate_id, occurred_at, trace, state) "
    "VALUES (%(event_id)s, %(stream)s, %(name)s, %(schema_version)s, %(aggregate_id)s, %(occurred_at)s, %(trace)s, "
    "%(state)s)"
)


def _json(state: State) -> str:
    return state.model_dump_json()


def outbox_row(aggregate: Aggregate[S], fact: str, state: S) -> dict[str, Any]:
    """The values of an outbox row; `state` is written as JSONB by pydantic itself."""
    return {
        "event_id": uuid7(),
        "stream": aggregate.stream,
        "name": aggregate.event_name(fact),
        "schema_version": aggregate.schema_version,
        "aggregate_id": state.id,
        "occurred_at": clock.now(),
        "trace": current_traceparent(),
        "state": Jsonb(state, dumps=_json),
    }


async def emit(session: AsyncSession, aggregate: Aggregate[S], fact: str, state: S) -> None:
    """Tell a fact with the state after it. The aggregate's row must be written or locked in this transaction already."""
    await session.flush()
    await session.execute(_INSERT, outbox_row(aggregate, fact, state))


async def emit_on(connection: AsyncConnection, aggregate: Aggregate[S], fact: str, state: S) -> None:
    """`emit` for code that speaks psycopg."""
    await connection.execute(_INSERT_PSYCOPG, outbox_row(aggregate, fact, state))
