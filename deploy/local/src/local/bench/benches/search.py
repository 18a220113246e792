"""The search among a million offers: what people ask all day, and the questions that cost most."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from local.bench.benches import catalogue
from local.bench.benches.crowd import address
from local.bench.benches.french import COMMON, TOWNS, French
from local.bench.figures import Figure, Target
from local.bench.load import Request
from local.bench.stage import GATEWAY, POSTGRES, Stage
from local.errors import LocalError

OFFERS, TINY_OFFERS = 1_000_000, 2_000
BUILD_SECONDS = 240
SAMPLE = 100
_PATH = "/native/v1/search/offers"
_PYTHON = (GATEWAY, "offers-api")
_PARIS = {"latitude": 48.8566, "longitude": 2.3522}


def built(stage: Stage) -> float:
    """The catalogue of this stage, made when first asked for: how many seconds it took."""

    def make() -> float:
        started = time.monotonic()
        catalogue.build(_superuser(stage), stage.size(OFFERS, TINY_OFFERS))
        asyncio.run(_count_stems(stage))
        return time.monotonic() - started

    return stage.kept("catalogue", make)


def _superuser(stage: Stage) -> str:
    postgres = stage.platform.servers.postgres
    if postgres is None:
        raise LocalError("The catalogue is written past foreign keys, on a server of our own alone.")
    return postgres.url("offers")


def worst() -> dict[str, dict[str, Any]]:
    """The questions that cost most, by what is hard about them."""
    now = datetime.now(UTC)
    weekend = {
        "beginningFrom": (now + timedelta(days=3)).isoformat(),
        "beginningTo": (now + timedelta(days=5)).isoformat(),
    }
    return {
        "a word in a third of all": {"q": COMMON[0]},
        "two such words": {"q": f"{COMMON[0]} {COMMON[1]}"},
        "a word in a twentieth, page 50": {"q": "violon", "page": 49},
        "three letters": {"q": "con"},
        "a typing mistake": {"q": "spetacle"},
        "two in a long word": {"q": "photograhpei"},
        "accents": {"q": "théâtre d'été"},
        "nothing found": {"q": "xyzzyqw"},
        "no words": {},
        "no words, 10 km": {**_PARIS, "radius": 10},
        "a common word, 10 km": {"q": COMMON[0], **_PARIS, "radius": 10},
        "the nearest, page 50": {"q": "violon", **_PARIS, "sort": "distance", "page": 49},
        "the cheapest, page 50": {"q": COMMON[0], "sort": "price", "page": 49},
        "the soonest": {"sort": "date"},
        "a common word, the soonest": {"q": COMMON[0], "sort": "date"},
        "a common word, this weekend": {"q": COMMON[0], **weekend},
        "this weekend, 20 km, up to 10 €": {"q": COMMON[0], **weekend, **_PARIS, "radius": 20, "maxPrice": 1_000},
        "facets of everything": {"facets": "searchGroups"},
        "facets of a common word": {"q": COMMON[0], "facets": "searchGroups"},
    }


def usual(count: int) -> list[dict[str, Any]]:
    """Questions as they come: words by how common they are, places, kinds, dates, in every combination."""
    random, french = Random(7), French.of(catalogue.WORDS)
    now = datetime.now(UTC)
    found = []
    for _ in range(count):
        asked: dict[str, Any] = {"hitsPerPage": random.choice((20, 20, 20, 50))}
        if random.random() < 0.8:
            words = french.many(random, random.choice((1, 1, 2, 3)))
            if random.random() < 0.15 and len(words[-1]) > 4:
                words[-1] = words[-1][:2] + words[-1][3:]
            asked["q"] = " ".join(words)
        if random.random() < 0.5:
            _, _, latitude, longitude, _ = random.choice(TOWNS)
            asked |= {"latitude": latitude, "longitude": longitude, "radius": random.choice((5, 20, 50))}
            if random.random() < 0.2:
                asked["sort"] = "distance"
        if random.random() < 0.3:
            asked["searchGroups"] = random.choice(("LIVRES", "CINEMA", "MUSIQUE", "SPECTACLES"))
        if random.random() < 0.2:
            start = now + timedelta(days=random.randrange(30))
            asked |= {"beginningFrom": start.isoformat(), "beginningTo": (start + timedelta(days=3)).isoformat()}
        if random.random() < 0.2:
            asked["maxPrice"] = random.choice((0, 500, 1_000, 3_000))
        if random.random() < 0.3:
            asked["facets"] = "searchGroups"
        if random.random() < 0.1:
            asked["page"] = random.randrange(1, 10)
        found.append(asked)
    return found


def _requests(asked: Sequence[dict[str, Any]]) -> list[Request]:
    """Each from an address of its own: nobody is limited."""
    return [
        Request(f"{_PATH}?{urlencode(one)}", headers={"x-forwarded-for": address(number)})
        for number, one in enumerate(asked)
    ]


def measure(stage: Stage) -> Iterator[Figure]:
    seconds = built(stage)
    size = stage.size(OFFERS, TINY_OFFERS)
    yield Figure(
        "building the catalogue",
        seconds,
        "s",
        Target("<", BUILD_SECONDS),
        waited=True,
        note=f"{size:,} offers".replace(",", " "),
    )
    checked, indexing = asyncio.run(_check(stage))
    yield Figure("rows as the service writes them", 100 * checked, "%", Target(">=", 100), note=f"{SAMPLE} looked at")
    yield Figure("indexing an offer anew", indexing * 1_000, "ms", waited=True, note="in batches of 100, by the clock")
    requests = _requests(usual(stage.size(1_000, 20)))
    stage.load(stage.gateway, requests, connections=2, seconds=stage.size(5, 1)).check("search")
    with stage.measured() as used:
        load = stage.load(stage.gateway, requests, connections=2, seconds=stage.size(20, 1)).check("search")
    each = 1_000 / load.requests
    yield Figure("p50 of usual questions", load.p50, "ms", waited=True, note="2 connections, through the gateway")
    yield Figure("p99 of usual questions", load.p99, "ms", Target("<", 50), waited=True)
    yield Figure("PostgreSQL CPU of one", used.of(POSTGRES) * each, "ms")
    yield Figure("Python CPU of one", used.of(*_PYTHON) * each, "ms")
    for what, asked in list(worst().items())[: stage.size(100, 2)]:
        # The same question from many addresses.
        same = _requests([asked] * stage.size(400, 20))
        with stage.measured() as used:
            load = stage.load(stage.gateway, same, connections=1, seconds=stage.size(3, 1)).check(what)
        cpu = used.of(POSTGRES) / load.requests * 1_000
        yield Figure(f"{what}: PostgreSQL CPU", cpu, "ms", Target("<", 50), note=f"p99 ~{load.p99:.0f} ms")


async def _count_stems(stage: Stage) -> None:
    """How common words are, as the hourly job would have found."""
    from offers.search.jobs import count_stems
    from offers.settings import Settings
    from shared.database import Database

    database = Database(Settings(database_url=stage.database_url("offers")), pooled=False)
    try:
        async with database.transaction() as session:
            await count_stems(session)
    finally:
        await database.close()


_SEEN = text("""
    SELECT offer_id, (SELECT array_agg(tag ORDER BY tag) FROM unnest(tags) AS tag), tsvector_to_array(words),
           row(venue_id, subcategory_id, price_min, price_max, date_min, date_max, is_duo, is_digital, rank,
               publication_datetime, bookable_until, exact_until)::text, position::text
    FROM search_offer WHERE offer_id = ANY (:ids) ORDER BY offer_id
""")


async def _check(stage: Stage) -> tuple[float, float]:
    """Which share of a sample of rows is what the service would write, and the seconds that it needs for one."""
    from offers.search.actions import index_offers
    from offers.settings import Settings
    from shared.database import Database

    size = stage.size(OFFERS, TINY_OFFERS)
    ids = sorted(catalogue.BASE + number for number in Random(5).sample(range(size), SAMPLE))
    database = Database(Settings(database_url=stage.database_url("offers")), pooled=False)

    async def seen(session: AsyncSession) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in await session.execute(_SEEN, {"ids": ids})]

    try:
        async with database.transaction() as session:
            before = await seen(session)
            started = time.perf_counter()
            await index_offers(session, ids)
            took = time.perf_counter() - started
            after = await seen(session)
            await session.rollback()
    finally:
        await database.close()
    same = sum(one == other for one, other in zip(before, after, strict=True))
    return same / SAMPLE, took / SAMPLE
