"""What was told of a person before they were made anonymous is taken back from the outbox, the streams and dead letters.

Facts are kept for days, for auditors and rebuilt brokers: too long for somebody who asked to be nobody. Each publisher
cleans what it published. An entry goes once every group has read it, never before: what the others must hear they hear, and
a replica never misses a fact.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import BigInteger, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from shared import clock
from shared.commands import Counts
from shared.database.session import Database
from shared.events.brokers import Broker, Kept, open_broker
from shared.events.envelope import Aggregate
from shared.settings import ServiceSettings

# Transactions that read the name just before it was erased have told theirs by then.
SETTLED = timedelta(minutes=10)


class ErasedPerson:
    """Mixin: somebody who was made anonymous. `cleared_at`: since when no fact of this publisher names them."""

    user_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    erased_at: Mapped[datetime]
    cleared_at: Mapped[datetime | None]


@dataclass(frozen=True)
class Personal:
    """An aggregate whose facts name people; `person` answers whom a state (as JSON) names, None when nobody."""

    aggregate: Aggregate[Any]
    person: Callable[[Mapping[str, Any]], int | None]


CleanOutbox = Callable[[AsyncSession, Collection[int]], Awaitable[tuple[int, int]]]
"""Takes people out of a publisher's outbox: how many rows changed, and how many must still leave before they can."""


async def note_erased(session: AsyncSession, model: type[Any], user_id: int) -> None:
    """Have what was told of a person taken back, in the transaction that erases them."""
    values = {"erased_at": clock.now(), "cleared_at": None}
    statement = insert(model).values(user_id=user_id, **values)
    await session.execute(statement.on_conflict_do_update(index_elements=[model.user_id], set_=values))


async def take_back(
    settings: ServiceSettings,
    database: Database,
    model: type[Any],
    personal: Sequence[Personal],
    clean_outbox: CleanOutbox,
    *,
    dry_run: bool = False,
) -> Counts:
    """One pass over everything that this service told. Idempotent; it asks for nothing when nobody waits.

    `waiting` entries are unread by some group: the next pass takes them. Somebody counts as cleared after a pass that
    left nothing, some minutes after the erasure.
    """
    started = clock.now()
    async with database.transaction() as session:
        ids = set(await session.scalars(select(model.user_id).where(model.cleared_at.is_(None))))
        if dry_run or not ids:
            return {"would_take_back": len(ids)} if dry_run else _counts()
        rows, unsent = await clean_outbox(session, ids)
    counts = _counts(people=len(ids), outbox=rows)
    broker = open_broker(settings)
    try:
        late: set[int] = set()
        for told in personal:
            counts["entries"] += await _clean_stream(broker, told, ids, late, counts)
            counts["dead_letters"] += await _clean_dead_letters(broker, told, ids)
    finally:
        await broker.close()
    if not unsent:
        async with database.transaction() as session:
            cleared = await session.scalars(
                update(model)
                .where(model.user_id.in_(ids - late), model.erased_at <= started - SETTLED, model.cleared_at.is_(None))
                .values(cleared_at=started)
                .returning(model.user_id)
            )
            counts["cleared"] = len(cleared.all())
    return counts


def _counts(people: int = 0, outbox: int = 0) -> Counts:
    return {"people": people, "outbox": outbox, "entries": 0, "dead_letters": 0, "waiting": 0, "cleared": 0}


async def _clean_stream(broker: Broker, told: Personal, ids: set[int], late: set[int], counts: Counts) -> int:
    stream, deleted = told.aggregate.stream, 0
    read = await broker.read_by_all(stream)
    async for page in broker.entries(stream):
        gone: list[Kept] = []
        for entry in page:
            person = _named(told, entry.data)
            if person is None or person not in ids:
                continue
            if read is None or entry.place <= read:
                gone.append(entry)
            else:
                counts["waiting"] += 1
                late.add(person)
        deleted += await broker.delete(stream, gone)
    return deleted


async def _clean_dead_letters(broker: Broker, told: Personal, ids: set[int]) -> int:
    stream, deleted = told.aggregate.stream, 0
    async for page in broker.entries(stream, dead=True):
        gone = [entry for entry in page if _named(told, entry.data) in ids]
        deleted += await broker.delete(stream, gone, dead=True)
    return deleted


def _named(told: Personal, data: bytes) -> int | None:
    """Whom an entry names; what nobody can read goes with its time."""
    try:
        state = orjson.loads(data)["state"]
        return told.person(state) if isinstance(state, dict) else None
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
