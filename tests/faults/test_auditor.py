"""The auditor finds what it is there to find: else the other tests would prove nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import psycopg
import pytest

from local.paths import ROOT
from tests.faults.seen import Held
from tests.faults.stage import Stage
from tests.faults.truth import contradictions

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("faults")]


def command(stage: Stage, *words: str) -> subprocess.CompletedProcess[str]:
    """Runs as an operator would, with the platform's addresses."""
    environment = {**os.environ, **stage.platform.topology.environment(), **stage.environment}
    return subprocess.run(  # noqa: S603
        [sys.executable, "-m", *words], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.quick
def test_a_wrong_replica_is_found_and_repaired_by_a_replay(stage: Stage) -> None:
    with stage.load() as load:
        load.goes_on(20)
    stage.rests()
    stock_id = next(iter(stage.seen.stocks))
    with psycopg.connect(stage.environment["DATABASE_URL_BOOKINGS"]) as connection:
        connection.execute("UPDATE stock_replica SET price_cents = price_cents + 1 WHERE id = %s", (stock_id,))
    found = command(stage, "local", "audit", "--json")
    assert found.returncode == 1, found.stderr
    broken = json.loads(found.stdout)["broken"]
    assert [line.partition(": price_cents")[0] for line in broken] == [
        f"offers.stock in bookings.stock_replica {stock_id}"
    ]
    assert command(stage, "offers", "replay", "stock").returncode == 0
    stage.rests()


async def test_a_client_told_something_else_is_found(stage: Stage) -> None:
    """A booking that is not there, one that nobody was told of, one that stands otherwise than last told."""
    assert await contradictions(stage.environment, stage.seen) == []
    booking_id, held = next(iter(stage.seen.bookings.items()))
    told = dict(stage.seen.bookings)
    try:
        del stage.seen.bookings[booking_id]
        stage.seen.bookings[2**40] = Held(2**40, held.user_id, held.stock_id)
        assert await contradictions(stage.environment, stage.seen) == [
            f"booking {2**40} was acknowledged and is not there",
            f"booking {booking_id} is there and nobody was told",
        ]
        stage.seen.bookings = {**told, booking_id: Held(booking_id, held.user_id, held.stock_id, "REIMBURSED")}
        assert len(await contradictions(stage.environment, stage.seen)) == 1
    finally:
        stage.seen.bookings = told
