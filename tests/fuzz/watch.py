"""Whether anything was written: cheap to ask after each request, exact when it matters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import TracebackType

import psycopg
from psycopg import sql

from shared.testing.databases import TestDatabase

State = dict[str, tuple[int, int]]
# Written by refusals too, and meant to be: attempts are counted before they are judged.
COUNTERS = frozenset({"attempt_count"})


class Watch:
    """Looks at a test's database from outside of the service."""

    def __init__(self, database: TestDatabase) -> None:
        self._connection = psycopg.connect(database.superuser_url, autocommit=True)
        names = self._connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
        self._tables = [row[0] for row in names if row[0] not in COUNTERS]
        each = sql.SQL("SELECT {}, count(*), coalesce(sum(xmin::text::bigint), 0)::bigint FROM {}")
        self._statement = sql.SQL(" UNION ALL ").join(
            each.format(sql.Literal(name), sql.Identifier(name)) for name in self._tables
        )

    def __enter__(self) -> Watch:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def horizon(self) -> int:
        """Moves on when any transaction of the server took a number, which none does that only reads."""
        row = self._connection.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint").fetchone()
        assert row is not None
        return int(row[0])

    def state(self) -> State:
        """Rows of each table and the sum of the transactions that wrote them: any write changes it."""
        return {name: (count, writers) for name, count, writers in self._connection.execute(self._statement)}

    def rows(self, wanted: Mapping[str, Iterable[int]]) -> dict[str, list[tuple[int, int]]]:
        """Id and writing transaction of the rows of those ids, by table."""
        statement = "SELECT id, xmin::text::bigint FROM {} WHERE id = ANY(%s) ORDER BY id"
        return {
            table: self._connection.execute(sql.SQL(statement).format(sql.Identifier(table)), (list(ids),)).fetchall()
            for table, ids in wanted.items()
        }
