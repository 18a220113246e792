"""Hot reads: one statement, one round trip, no session around it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.database.session import Database


async def read_row(database: Database, statement: bytes, values: Mapping[str, Any]) -> tuple[Any, ...] | None:
    """The first row that a statement finds, None without one.

    The statement (psycopg's `%(name)s`) is prepared by the server, sees one moment of the database and, if it writes, is
    committed by itself. For the few reads that the front-ends ask for at every turn: a session's BEGIN and COMMIT are two
    more round trips, and its objects cost more than the query.
    """
    async with database.pool.connection() as connection:
        await connection.set_autocommit(True)
        try:
            cursor = await connection.execute(statement, values, prepare=True)
            return await cursor.fetchone()
        finally:
            if not connection.closed:
                await connection.set_autocommit(False)
