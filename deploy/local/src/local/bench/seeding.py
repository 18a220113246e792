"""Rows in masses, made by the database itself from a row that a service wrote."""

from __future__ import annotations

from collections.abc import Mapping

from local.bench.stage import Connection
from local.errors import LocalError


def copies(
    connection: Connection, table: str, like: str, count: int, changes: Mapping[str, str], *, first: int = 1
) -> None:
    """Add `count` copies of each row `src` that `like` finds, a condition on its columns.

    `changes` are SQL expressions by column, which may use `n` (from `first` on) and `src`. Columns not named are copied,
    identities and generated columns left to the database: a column added later needs no change here.
    """
    columns = [
        name
        for name, drawn in connection.execute(
            """SELECT attname, attidentity <> '' OR attgenerated <> '' FROM pg_attribute
               WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum""",
            [table],
        )
        if not drawn or name in changes
    ]
    values = [changes.get(name, f'src."{name}"') for name in columns]
    written = connection.execute(
        f"""INSERT INTO {table} ({", ".join(f'"{name}"' for name in columns)}) OVERRIDING SYSTEM VALUE
            SELECT {", ".join(values)}
            FROM (SELECT * FROM {table} WHERE {like}) src, generate_series({first}, {first + count - 1}) n""".encode()  # noqa: S608 - words of our own
    )
    if not written.rowcount:
        raise LocalError(f"There is no row of {table} with {like} to make others from.")
