"""Whether everything that was told has arrived: what outboxes still hold, and replicas beside their owners."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeAlias
from uuid import uuid4

from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database.replicas import noting_replicas
from shared.database.session import Database
from shared.events.envelope import REPLAYED, Aggregate, State
from shared.events.replay import PAGE, Page
from shared.events.subscribers import Subscription

_READ_ONLY = "25006"
_LAST = text("SELECT aggregate_id, max(id) FROM outbox WHERE stream = :stream AND aggregate_id = ANY(:ids) GROUP BY 1")
_UNPUBLISHED = text("SELECT count(*) FROM outbox WHERE published_at IS NULL")
_LAST_TOLD = text("SELECT coalesce(max(id), 0) FROM outbox")

Mirror: TypeAlias = tuple[type[Any], Callable[[Any], Mapping[str, Any]]]
"""A table that is more than a replica, and which of its columns an owner's state decides."""


async def unpublished(session: AsyncSession) -> int:
    """How many facts of a service have not left its outbox."""
    return int((await session.execute(_UNPUBLISHED)).scalar_one())


async def last_told(session: AsyncSession) -> int:
    """The number of the newest fact in a service's outbox."""
    return int((await session.execute(_LAST_TOLD)).scalar_one())


@dataclass
class Comparison:
    """What came of comparing replicas of one aggregate with their owner.

    `differences` are sentences. `untold` counts rows that the reader lacks and that no fact in the owner's outbox tells
    of: things to which nothing has happened yet, or not for as long as facts are kept. `skipped` names the handlers that
    do more than replicate: what they keep is compared by mirrors or not at all.
    """

    rows: int = 0
    untold: int = 0
    differences: list[str] = field(default_factory=list)
    skipped: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Reader:
    """A service that keeps something of an aggregate: by its subscription, and in tables that are more than replicas."""

    database: Database
    subscription: Subscription
    mirrors: Sequence[Mirror] = ()


async def compare(owner: Database, page: Page, readers: Sequence[Reader]) -> Comparison:
    """Compare what readers keep of one aggregate with the owner's present states, page by page.

    A reader's own handlers are asked what they would write if each state were replayed, in a transaction that may not
    write: so every replica is covered that a subscriber keeps with `upsert_replica`. The databases are read one after
    the other; of a platform in motion it tells differences that are only news on its way.
    """
    found = Comparison()
    if not readers:
        return found
    aggregate = readers[0].subscription.aggregate
    known: list[dict[type[Any], set[int]]] = [{} for _ in readers]
    after = 0
    while True:
        async with owner.transaction() as session:
            states = [state async for state in page(session, after, PAGE)]
            ids = [state.id for state in states]
            last = await session.execute(_LAST, {"stream": aggregate.stream, "ids": ids})
            versions: dict[int, int] = {row[0]: row[1] for row in last}
        if not states:
            break
        after = states[-1].id
        for reader, seen in zip(readers, known, strict=True):
            async with reader.database.transaction() as session:
                await session.execute(text("SET TRANSACTION READ ONLY"))
                expected = await _expected(session, reader, states, versions, found)
                for model, rows in expected.items():
                    seen.setdefault(model, set()).update(rows)
                    await _look(session, aggregate, model, rows, found)
    for reader, seen in zip(readers, known, strict=True):
        async with reader.database.transaction() as session:
            for model, owned in seen.items():
                strangers = set(await session.scalars(select(model.id))) - owned
                found.differences += [f"{_name(aggregate, model)} {one}: unknown to its owner" for one in strangers]
    return found


async def _expected(
    session: AsyncSession, reader: Reader, states: list[State], versions: Mapping[int, int], found: Comparison
) -> dict[type[Any], dict[int, dict[str, Any]]]:
    """The rows that a reader should have, by model and id. A handler that tries to write itself does more than replicate."""
    aggregate = reader.subscription.aggregate
    handlers = [handler for facts, handler in reader.subscription.handlers if facts is None]
    expected: dict[type[Any], dict[int, dict[str, Any]]] = {}
    harmless: set[str] = set()
    for state in states:
        event = aggregate.event(
            id=uuid4(),
            name=aggregate.event_name(REPLAYED),
            occurred_at=datetime.now(UTC),
            aggregate_id=state.id,
            # A state that no fact tells of any more (they are kept for days): nothing is known of its version.
            aggregate_version=versions.get(state.id, 0),
            state=state,
        )
        for handler in handlers:
            name = f"{handler.__module__}.{handler.__qualname__}"
            if name in found.skipped:
                continue
            with noting_replicas() as noted:
                try:
                    # What is noted needs no savepoint; most handlers do nothing else.
                    async with nullcontext() if name in harmless else session.begin_nested():
                        await handler(event, session)
                except DBAPIError as error:
                    if name in harmless or getattr(error.orig, "sqlstate", None) != _READ_ONLY:
                        raise
                    found.skipped.add(name)
                    continue
            if noted:
                harmless.add(name)
            for model, row in noted:
                expected.setdefault(model, {})[row["id"]] = {**row, "version": row["version"] or None}
    for model, read in reader.mirrors:
        rows = expected.setdefault(model, {})
        rows |= {state.id: {"version": versions.get(state.id), **read(state)} for state in states}
    return expected


async def _look(
    session: AsyncSession,
    aggregate: Aggregate[Any],
    model: type[Any],
    rows: Mapping[int, Mapping[str, Any]],
    found: Comparison,
) -> None:
    kept = {row.id: row for row in await session.scalars(select(model).where(model.id.in_(rows)))}
    for row_id, values in rows.items():
        found.rows += 1
        row = kept.get(row_id)
        if row is None and values["version"] is None:
            found.untold += 1
            continue
        if row is None:
            found.differences.append(f"{_name(aggregate, model)} {row_id}: missing")
            continue
        for column, value in values.items():
            here = getattr(row, column)
            if here != value and not (column == "version" and value is None):
                found.differences.append(f"{_name(aggregate, model)} {row_id}: {column} {here!r}, owner's {value!r}")


def _name(aggregate: Aggregate[Any], model: type[Any]) -> str:
    return f"{aggregate.stream} in {model.__module__.partition('.')[0]}.{model.__tablename__}"
