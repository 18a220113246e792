"""An event that nobody can bear is set aside alone, and delays nobody."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest
from redis import Redis

from tests.faults.stage import Stage

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("faults")]


@pytest.mark.quick
def test_poisoned_events(stage: Stage) -> None:
    """One that cannot be read, and one that can and whose effect the database refuses at every attempt."""
    with Redis.from_url(stage.environment["REDIS_URL"]) as redis, stage.load() as load:
        load.goes_on(20)
        unreadable = b'{"id": "not an event"}'
        redis.xadd("bookings.inventory", {"__data__": unreadable})
        # More than a 64-bit column can hold: every reader of inventories fails, every time.
        unbearable = {
            "id": str(uuid4()),
            "name": "inventory.changed",
            "occurred_at": "2026-01-01T00:00:00Z",
            "aggregate_id": 2**62,
            "aggregate_version": 1,
            "state": {"id": 2**62, "offer_id": 1, "quantity": 10**30, "booked_quantity": 0},
        }
        redis.xadd("bookings.inventory", {"__data__": json.dumps(unbearable).encode()})
        stage.until(lambda: redis.xlen("bookings.inventory.dead") >= len(stage.expected_dead) + 2)
        load.goes_on(20)
        dead = [entry[b"__data__"] for _, entry in redis.xrange("bookings.inventory.dead")][-2:]
    assert dead[0] == unreadable
    assert json.loads(dead[1])["id"] == unbearable["id"]
    stage.expected_dead += dead
    stage.rests()
