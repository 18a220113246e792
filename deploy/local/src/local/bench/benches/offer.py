"""The pages of the catalogue that the app asks for most: an offer, several offers, a venue."""

from __future__ import annotations

import json
from collections.abc import Iterator
from random import Random

from local.bench.benches import catalogue
from local.bench.benches.crowd import address
from local.bench.benches.search import OFFERS, TINY_OFFERS, built
from local.bench.figures import Figure, Target
from local.bench.load import Request
from local.bench.stage import GATEWAY, POSTGRES, Stage

_PYTHON = (GATEWAY, "offers-api")
ASKED_TOGETHER = 20


def measure(stage: Stage) -> Iterator[Figure]:
    built(stage)
    random, size = Random(11), stage.size(OFFERS, TINY_OFFERS)
    ids = [catalogue.BASE + random.randrange(size) for _ in range(stage.size(4_000, 50))]
    venues = [catalogue.BASE + random.randrange(size // catalogue.OFFERS_PER_VENUE) for _ in ids]
    several = [json.dumps({"offer_ids": random.sample(ids, ASKED_TOGETHER)}) for _ in ids]
    yield from _measured(stage, "offer", [f"/native/v3/offer/{one}" for one in ids], target=1.5)
    yield from _measured(stage, f"{ASKED_TOGETHER} offers", ["/native/v2/offers/stocks"] * len(ids), bodies=several)
    yield from _measured(stage, "venue", [f"/native/v2/venue/{one}" for one in venues])


def _measured(
    stage: Stage, what: str, paths: list[str], *, bodies: list[str] | None = None, target: float | None = None
) -> Iterator[Figure]:
    requests = [
        Request(
            path,
            method="POST" if bodies else "GET",
            headers={"x-forwarded-for": address(number), "content-type": "application/json"},
            body=bodies[number] if bodies else "",
        )
        for number, path in enumerate(paths)
    ]
    stage.load(stage.gateway, requests, connections=8, seconds=stage.size(3, 1)).check(what)
    with stage.measured() as used:
        load = stage.load(stage.gateway, requests, connections=16).check(what)
    each = 1_000 / load.requests
    yield Figure(
        f"{what}: Python CPU a request",
        used.of(*_PYTHON) * each,
        "ms",
        Target("<", target) if target else None,
        note=", ".join(f"{name} {used.of(name) * each:.2f}" for name in _PYTHON),
    )
    yield Figure(f"{what}: PostgreSQL CPU a request", used.of(POSTGRES) * each, "ms")
    yield Figure(f"{what}: p99", load.p99, "ms", waited=True, note="16 connections")
