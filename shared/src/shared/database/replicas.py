"""Replicas: rows that mirror another context's aggregate and ignore news older than what they know."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any, TypeAlias

from sqlalchemy import BigInteger, Executable, bindparam
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from shared.events.envelope import Event


class Replica:
    """Mixin: the identifier is the owner's, `version` the aggregate version last applied."""

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False, sort_order=-2)
    version: Mapped[int] = mapped_column(BigInteger, sort_order=-1)


Noted: TypeAlias = list[tuple[type[Any], dict[str, Any]]]
"""Rows that would have been written: the model, and the values by column, `id` and `version` among them."""

_noted: ContextVar[Noted | None] = ContextVar("noted", default=None)


@contextmanager
def noting_replicas() -> Iterator[Noted]:
    """Inside, `upsert_replica` notes what it is asked to write instead of writing it. For audits."""
    noted: Noted = []
    token = _noted.set(noted)
    try:
        yield noted
    finally:
        _noted.reset(token)


async def upsert_replica(session: AsyncSession, model: type[Any], event: Event[Any], **values: Any) -> bool:
    """Write the row for `event`'s aggregate unless a newer version is there. True when the row moved on."""
    row = {"id": event.aggregate_id, "version": event.aggregate_version, **values}
    noted = _noted.get()
    if noted is not None:
        noted.append((model, row))
        return False
    result = await session.execute(_upsert(model, tuple(row)), row)
    return result.scalar_one_or_none() is not None


@cache
def _upsert(model: type[Any], names: tuple[str, ...]) -> Executable:
    """The statement for these columns, made once: making it costs more than running it, and events come by the thousand."""
    table = model.__table__
    statement = insert(table).values({name: bindparam(name, type_=table.c[name].type) for name in names})
    return statement.on_conflict_do_update(
        index_elements=[table.c.id],
        set_={name: statement.excluded[name] for name in names if name != "id"},
        where=table.c.version < statement.excluded.version,
    ).returning(table.c.id)
