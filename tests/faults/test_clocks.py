"""Clocks jump: that of the process that relays, and that of the database."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from redis import Redis

from local.topology import SERVICES
from tests.faults.stage import Stage

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("faults")]

DAY = 86_400


@pytest.mark.quick
@pytest.mark.parametrize("service", ["bookings"])
def test_the_clock_of_a_relay_jumps(stage: Stage, service: str, tmp_path: Path) -> None:
    """Forth by more than a year, back behind the present, and right again, while it works and as it starts."""
    name, offset = f"{service}-worker", tmp_path / "offset"
    environment = {"CLOCK_OFFSET_FILE": str(offset)}
    offset.write_text(str(400 * DAY))
    with stage.load() as load:
        load.goes_on(10)
        stage.platform.halt(name)
        # What a worker does when it starts, tidying up among it, it does in the wrong year.
        stage.platform.restart(name, environment)
        load.goes_on(20)
        for days in (-400, 0, 400):
            offset.write_text(str(days * DAY))
            load.goes_on(15)
        stage.platform.halt(name)
        stage.platform.restart(name)
        load.goes_on(15)
    stage.rests()


def test_the_clock_of_the_database_jumped_ahead_and_back(stage: Stage) -> None:
    """What such a jump leaves: rows and watermarks of tomorrow. What is told from now on must not hide behind them."""
    with stage.load() as load:
        load.goes_on(20)
        for service in SERVICES:
            with (
                psycopg.connect(stage.environment[f"DATABASE_URL_{service.upper()}"]) as connection,
                Redis.from_url(stage.environment["REDIS_URL"]) as redis,
            ):
                row = connection.execute(
                    "UPDATE outbox SET published_at = published_at + interval '1 day' WHERE id ="
                    " (SELECT max(id) FROM outbox WHERE published_at IS NOT NULL) RETURNING published_at"
                ).fetchone()
                connection.commit()
                if row is not None:
                    redis.set(f"{service}.watermark", row[0].isoformat())
        load.goes_on(20)
        valkey = stage.platform.servers.valkey
        assert valkey is not None
        valkey.kill()
        valkey.start()
        load.goes_on(20)
    stage.rests()
