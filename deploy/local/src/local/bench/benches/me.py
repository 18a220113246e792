"""`GET /native/v1/me`: one call through the gateway, answered by two services."""

from __future__ import annotations

from collections.abc import Iterator

from local.bench.benches.crowd import crowd
from local.bench.figures import Figure, Target
from local.bench.load import Request
from local.bench.stage import GATEWAY, POSTGRES, Stage

_PYTHON = (GATEWAY, "users-api", "bookings-api")


def measure(stage: Stage) -> Iterator[Figure]:
    people = crowd(stage).people[:500]
    requests = [Request("/native/v1/me", headers=person.headers) for person in people]
    stage.load(stage.gateway, requests, connections=8, seconds=stage.size(3, 1)).check("me")
    with stage.measured() as used:
        load = stage.load(stage.gateway, requests, connections=16).check("me")
    each = 1_000 / load.requests
    yield Figure(
        "Python CPU a request",
        used.of(*_PYTHON) * each,
        "ms",
        Target("<", 1.5),
        note=", ".join(f"{name} {used.of(name) * each:.2f}" for name in _PYTHON),
    )
    yield Figure("PostgreSQL CPU a request", used.of(POSTGRES) * each, "ms")
    yield Figure("requests", load.rate, "/s", waited=True, note="16 connections")
    yield Figure("p50", load.p50, "ms", waited=True)
    yield Figure("p99", load.p99, "ms", waited=True)
