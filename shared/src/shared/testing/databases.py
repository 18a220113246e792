"""A database for a service and a test process: copied from a template that the migrations built, emptied after tests."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from shared.commands import service_folder
from shared.database import migrations
from shared.database.locks import lock_key

_EMPTY = """
DO $empty$
DECLARE name text; filled boolean;
BEGIN
    SET LOCAL session_replication_role = replica;
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
        CONTINUE WHEN name = ANY (string_to_array(current_setting('pc.reference_tables'), ','));
        EXECUTE format('SELECT EXISTS (SELECT 1 FROM %I)', name) INTO filled;
        IF filled THEN EXECUTE format('DELETE FROM %I', name); END IF;
    END LOOP;
END
$empty$
"""


@dataclass(frozen=True)
class TestDatabase:
    __test__ = False

    url: str
    superuser_url: str
    reference_tables: frozenset[str]
    # One connection for all tests of this process: making one costs as much as emptying.
    _kept: list[psycopg.Connection] = field(default_factory=list, compare=False, repr=False)

    def empty(self) -> None:
        """Delete every row but those that the migrations wrote. Triggers and foreign keys are not consulted."""
        try:
            self._connection().execute(_EMPTY)
        except psycopg.OperationalError:
            # A test may have ended it; what else is wrong shows again.
            self.close()
            self._connection().execute(_EMPTY)

    def close(self) -> None:
        while self._kept:
            self._kept.pop().close()

    def _connection(self) -> psycopg.Connection:
        if not self._kept:
            connection = psycopg.connect(self.superuser_url, autocommit=True, options="-c lock_timeout=5000")
            self._kept.append(connection)
            names = ",".join(sorted(self.reference_tables))
            connection.execute("SELECT set_config('pc.reference_tables', %s, false)", (names,))
        return self._kept[0]


_prepared: list[TestDatabase] = []


def close_all() -> None:
    """At the end of this test process."""
    for database in _prepared:
        database.close()


def _with_database(url: str, name: str, user: str | None = None) -> str:
    changed = make_url(url).set(database=name)
    if user is not None:
        changed = changed.set(username=user, password=user)
    return changed.set(drivername="postgresql").render_as_string(hide_password=False)


@cache
def prepare(superuser_url: str, context: str, worker: str) -> TestDatabase:
    """The database of `context` for this test process, made on first use."""
    template, name = f"test_{context}_template", f"test_{context}_{worker}"
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (lock_key(template),))
        try:
            _make_template(connection, superuser_url, context, template)
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}").format(
                    sql.Identifier(name), sql.Identifier(template), sql.Identifier(context)
                )
            )
        finally:
            connection.execute("SELECT pg_advisory_unlock(%s)", (lock_key(template),))
    owned = _with_database(superuser_url, name)
    with psycopg.connect(owned) as connection:
        tables = [row[0] for row in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
        filled = frozenset(
            table
            for table in tables
            if connection.execute(sql.SQL("SELECT 1 FROM {} LIMIT 1").format(sql.Identifier(table))).fetchone()
        )
    _prepared.append(TestDatabase(_with_database(superuser_url, name, context), owned, filled))
    return _prepared[-1]


def _make_template(connection: psycopg.Connection, superuser_url: str, context: str, template: str) -> None:
    if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (template,)).fetchone():
        return
    role = sql.Identifier(context)
    if connection.info.server_version >= 160_000:
        # Thousands of logins by a password that everybody knows: what makes guessing dear would be a tenth of the tests.
        connection.execute("SET scram_iterations = 1")
    if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (context,)).fetchone():
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(role, sql.Literal(context)))
    building = f"{template}_building"
    connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(building)))
    connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(building), role))
    migrations.upgrade(service_folder(context), _with_database(superuser_url, building, context))
    # Renamed when complete: a template that exists is whole.
    connection.execute(
        sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(building), sql.Identifier(template))
    )
