"""Sends the search's own SQL as it is: SQLAlchemy would take longer to read it than PostgreSQL to answer some of it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

# Casts are written `CAST(… AS …)` here, so that a colon always begins a name.
_NAME = re.compile(r":(\w+)")


@lru_cache(maxsize=1_000)
def _for_driver(sql: str) -> tuple[str, frozenset[str]]:
    """The SQL with its names as psycopg writes them, and these names."""
    return _NAME.sub(r"%(\1)s", sql.replace("%", "%%")), frozenset(_NAME.findall(sql))


async def ask(session: AsyncSession, sql: str, values: Mapping[str, Any]) -> Sequence[Row[*tuple[Any, ...]]]:
    """The rows that a statement gives; of the values those that it names (`:name`) are sent."""
    text, names = _for_driver(sql)
    connection = await session.connection()
    return (await connection.exec_driver_sql(text, {name: values[name] for name in names})).all()
