"""Services share few connections to the server: what that must not change."""

from __future__ import annotations

import pytest

from local.containers import Containers
from local.topology import SERVICES

#: As an API of the service does it: twenty transactions at once, more statements each than psycopg would prepare after.
_THROUGH_THE_POOLER = """
import asyncio, sys
from importlib import import_module
from sqlalchemy import text
from shared.database import Database

async def main(context):
    settings = import_module(f"{context}.settings").Settings()
    database = Database(settings)
    await database.open()

    async def one(number):
        async with database.transaction() as session:
            for _ in range(8):
                found = (await session.execute(text("SELECT CAST(:n AS integer)"), {"n": number})).scalar_one()
                assert found == number
            await session.execute(text("SET LOCAL lock_timeout = 1234"))
        async with database.pool.connection() as connection:
            async with connection.pipeline():
                first = await connection.execute("SELECT current_setting('lock_timeout')", prepare=True)
                second = await connection.execute("SELECT current_setting('statement_timeout')", prepare=True)
                return (await first.fetchone())[0], (await second.fetchone())[0]

    limits = await asyncio.gather(*(one(number) for number in range(20)))
    print(settings.is_behind_pooler, sorted(set(limits)))
    await database.close()

asyncio.run(main(sys.argv[1]))
"""

_SERVER = "SELECT count(*) FROM pg_stat_activity WHERE datname = '{name}' AND backend_type = 'client backend'"
_RELAYS = (
    "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database "
    "WHERE locktype = 'advisory' AND datname = '{name}'"
)


def on_the_server(containers: Containers, query: str) -> int:
    status, output, errors = containers.capture(
        "exec", "--no-TTY", "postgres", "psql", "-U", "postgres", "-h", "/run/postgresql", "-Atc", query
    )
    assert status == 0, errors
    return int(output)


@pytest.mark.parametrize("service", SERVICES)
def test_transactions_keep_to_themselves_and_limits_hold(containers: Containers, service: str):
    status, output, errors = containers.capture(
        "exec", "--no-TTY", f"{service}-api", "python", "-c", _THROUGH_THE_POOLER, service
    )
    assert status == 0, errors
    assert output.strip() == "True [('3s', '15s')]"


@pytest.mark.parametrize("service", SERVICES)
def test_the_relay_holds_its_lock_past_the_pooler(containers: Containers, service: str):
    assert on_the_server(containers, _RELAYS.format(name=service)) == 1


def test_the_server_sees_fewer_connections_than_services_have(containers: Containers):
    # Twenty through the pooler, the relay's, and one of each worker that stands by.
    for service in SERVICES:
        assert on_the_server(containers, _SERVER.format(name=service)) <= 24
