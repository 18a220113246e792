"""PostgreSQL and Valkey die, come back with their data, come back without, or have no room left."""

from __future__ import annotations

import contextlib
import shutil

import psycopg
import pytest

from tests.faults.disk import Disk
from tests.faults.stage import Stage

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("faults")]


@pytest.mark.quick
def test_postgresql_is_killed(stage: Stage) -> None:
    """The postmaster dies without a word; its children follow, and what was committed is there again."""
    postgres = stage.platform.servers.postgres
    assert postgres is not None
    with stage.load() as load:
        load.goes_on(20)
        postgres.kill()
        postgres.start()
        load.goes_on(20)
    stage.rests()


def test_valkey_is_killed(stage: Stage) -> None:
    valkey = stage.platform.servers.valkey
    assert valkey is not None
    with stage.load() as load:
        load.goes_on(20)
        valkey.kill()
        # Bookings need no broker.
        load.goes_on(20)
        valkey.start()
        load.goes_on(20)
    stage.rests()


@pytest.mark.quick
def test_valkey_comes_back_empty(stage: Stage) -> None:
    """The streams, the groups and what was not yet read are gone: all of it is told again, and done once."""
    valkey = stage.platform.servers.valkey
    assert valkey is not None
    with stage.load() as load:
        load.goes_on(20)
        valkey.kill()
        for path in valkey.directory.glob("appendonly*"):
            shutil.rmtree(path)
        # What was set aside is gone with it.
        stage.expected_dead.clear()
        load.goes_on(10)
        valkey.start()
        load.goes_on(20)
    stage.rests()


def test_the_databases_disk_is_full(stage: Stage, disk: Disk) -> None:
    """Nothing can be written: nobody is told that something was. With room again, all goes on."""
    postgres = stage.platform.servers.postgres
    assert postgres is not None
    with stage.load() as load:
        load.goes_on(20)
        disk.fill()

        def felt() -> bool:
            """Use up what is left of the log's files, until clients feel it."""
            with contextlib.suppress(psycopg.Error), psycopg.connect(postgres.url(), connect_timeout=5) as connection:
                connection.execute("SELECT pg_logical_emit_message(true, 'fill', repeat('x', 100000)), pg_switch_wal()")
            return stage.seen.doubts > stage.doubted + 3

        stage.until(felt)
        disk.clear()

        def back() -> bool:
            """It gives up when it cannot write ahead, as it must; then somebody starts it again."""
            if postgres.returncode is not None:
                postgres.start()
            return postgres.answers()

        stage.until(back)
        load.goes_on(20)
    stage.rests()
