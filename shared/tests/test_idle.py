"""A process that falls asleep in a transaction does not keep its locks for ever."""

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from shared.database.locks import lock_key
from shared.web.refusals import is_transient


@pytest.fixture
def settings_overrides():
    return {"database_idle_timeout_ms": 50, "database_lock_timeout_ms": 5_000}


async def test_the_locks_of_an_idle_transaction_are_freed(database):
    key = {"key": lock_key("wanted")}
    with pytest.raises(DBAPIError) as ended:  # noqa: PT012
        async with database.transaction() as sleeper:
            await sleeper.execute(text("SELECT pg_advisory_xact_lock(:key)"), key)
            # Waits for the sleeper's lock, which the database takes away: bounded by `lock_timeout`.
            async with database.transaction() as other:
                await other.execute(text("SELECT pg_advisory_xact_lock(:key)"), key)
            await sleeper.execute(text("SELECT 1"))
    assert is_transient(ended.value)


async def _count(database, asked):
    async with database.transaction() as session:
        return (await session.execute(asked)).scalar_one()


async def test_so_are_those_of_a_plain_connection(database):
    await database.open()
    with pytest.raises(Exception, match="idle-in-transaction") as ended:  # noqa: PT012
        async with database.pool.connection() as connection:
            await connection.execute("SELECT 1")
            asked = text("SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction'")
            async with asyncio.timeout(10):
                # A transaction each: its statistics are those of its first look.
                while await _count(database, asked):
                    pass
            await connection.execute("SELECT 1")
    assert is_transient(ended.value)
