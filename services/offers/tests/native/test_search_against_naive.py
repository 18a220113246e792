"""A page of the search is what a plain walk over all offers and stocks finds, whatever the way the search takes to it."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from offers.categories.tables import SUBCATEGORIES
from offers.search import queries
from offers.search.criteria import Around, Criteria, Question, Sort
from offers.search.geometry import distance
from offers.search.jobs import refresh
from offers.search.models import SearchOffer
from offers.search.rules import rank
from offers.search.spelling import understand
from offers.search.words import query_words
from shared.clock import now
from shared.database import Database

from .conftest import PARIS, Made

PLACES = (PARIS, (48.9, 2.4), (45.7640, 4.8357), (-20.9, 55.4))
OFFERS = 150
KINDS = ("CONCERT", "SEANCE_CINE", "VISITE", "LIVRE_PAPIER", "LIVRE_PAPIER", "VOD")


@dataclass
class Known:
    """An offer as a person would note it down: `stocks` are (beginning, booking limit, price), all of them free."""

    id: int
    name: str
    kind: str
    place: tuple[float, float] | None
    rank: int
    is_duo: bool
    stocks: list[tuple[datetime | None, datetime | None, int]] = field(default_factory=list)


def fitting(one: Known, asked: Criteria, moment: datetime) -> list[tuple[datetime | None, datetime | None, int]]:
    """The stocks that can be booked and fit."""
    return [
        (begins, limit, price)
        for begins, limit, price in one.stocks
        if (begins is None or begins > moment)
        and (limit is None or limit > moment)
        and (asked.min_price is None or price >= asked.min_price)
        and (asked.max_price is None or price <= asked.max_price)
        and (asked.beginning_from is None or (begins is not None and begins >= asked.beginning_from))
        and (asked.beginning_to is None or (begins is not None and begins <= asked.beginning_to))
    ]


def metres(one: Known, around: Around) -> float | None:
    return distance(around.latitude, around.longitude, *one.place) if one.place else None


def naive(known: list[Known], asked: Criteria, word: str, moment: datetime) -> list[Known]:
    """All that match, in the order asked for; by relevance that of rank, which words would change."""
    found: list[tuple[Any, Known]] = []
    for one in known:
        stocks = fitting(one, asked, moment)
        if not stocks or word not in one.name.lower():
            continue
        if asked.subcategories is not None and one.kind not in asked.subcategories:
            continue
        if asked.is_duo is not None and one.is_duo is not asked.is_duo:
            continue
        far = metres(one, asked.around) if asked.around else None
        if asked.around and asked.around.radius is not None and (far is None or far > asked.around.radius):
            continue
        key: Any = (-one.rank, -one.id)
        match asked.sort:
            case Sort.DATE:
                dates = [begins for begins, _, _ in stocks if begins is not None]
                if not dates:
                    continue
                key = (min(dates), one.id)
            case Sort.PRICE:
                key = (min(price for _, _, price in fitting(one, Criteria(), moment)), *key)
            case Sort.DISTANCE:
                key = (far is None, round(far or 0, 1), one.id)
        found.append((key, one))
    return [one for _, one in sorted(found, key=lambda pair: pair[0])]


async def arranged(make: Made, chance: random.Random) -> list[Known]:
    venues = {place: await make.venue(at=place) for place in PLACES}
    known = []
    start = now()
    for number in range(OFFERS):
        kind, place = chance.choice(KINDS), chance.choice(PLACES)
        subcategory = SUBCATEGORIES[kind]
        weight = chance.choice((None,) * 8 + (1, 40, -3))
        image, is_duo = chance.random() < 0.5, subcategory.is_event and chance.random() < 0.5
        name = f"Soirée {chance.choice(('azur', 'bistre', 'corail'))} {number}"
        offer = await make.offer(
            venues[place],
            name=name,
            subcategory_id=kind,
            image=image,
            is_duo=is_duo,
            ranking_weight=weight,
            url="https://exemple.fr" if subcategory.is_online_only else None,
        )
        standing = rank(ranking_weight=weight, is_event=subcategory.is_event, has_image=image)
        one = Known(offer.id, name, kind, None if subcategory.is_online_only else place, standing, is_duo)
        for _ in range(chance.choice((1, 1, 2, 4)) if subcategory.is_event else 1):
            begins = start + timedelta(minutes=chance.randrange(30, 20_000)) if subcategory.is_event else None
            limit = begins - timedelta(minutes=chance.choice((0, 0, 600))) if begins else None
            price = chance.choice((0, 0, 500, 900, 2_000))
            await make.stock(offer, price_cents=price, beginning_datetime=begins, booking_limit_datetime=limit)
            one.stocks.append((begins, limit, price))
        known.append(one)
    await make.done()
    return known


def asked_at_random(chance: random.Random, moment: datetime) -> Criteria:
    around = chance.choice((None, None, Around(*PARIS, None), Around(*PARIS, 4_000), Around(*PARIS, 30_000)))
    first = chance.choice((None, None, moment + timedelta(hours=chance.randrange(200))))
    sorts = [Sort.RELEVANCE, Sort.DATE, Sort.PRICE, *([Sort.DISTANCE] if around else [])]
    return Criteria(
        subcategories=chance.choice(
            (None, None, frozenset({"CONCERT", "VISITE"}), frozenset({"LIVRE_PAPIER"}), frozenset({"VOD", "CONCERT"}))
        ),
        min_price=chance.choice((None, None, 1, 500)),
        max_price=chance.choice((None, None, 0, 500, 900)),
        beginning_from=first,
        beginning_to=chance.choice((None, (first or moment) + timedelta(hours=chance.randrange(1, 100)))),
        around=around,
        is_duo=chance.choice((None, None, None, True)),
        sort=chance.choice(sorts),
        page=chance.choice((0, 0, 1)),
        hits_per_page=chance.choice((5, 20)),
        facets=chance.random() < 0.3,
    )


@pytest.mark.parametrize("counted", [2_000, 12], ids=["few", "many"])
async def test_pages_are_those_of_a_plain_walk(
    make: Made,
    session: AsyncSession,
    database: Database,
    clock: Any,
    monkeypatch: pytest.MonkeyPatch,
    counted: int,
) -> None:
    """As indexed; a while later, when some dates have passed; after these were refreshed; and with rows written by the code
    of before."""
    monkeypatch.setattr(queries, "COUNTED", counted)
    chance = random.Random(1_789 + counted)
    clock.set(now())
    known = await arranged(make, chance)
    for step in ("indexed", "passed", "refreshed", "unknown"):
        if step == "passed":
            clock.advance(hours=100)
        elif step == "refreshed":
            assert (await refresh(database))["refreshed"] > 20
            late = select(SearchOffer.offer_id).where(SearchOffer.exact_until <= now())
            assert (await session.scalars(late)).all() == []
        elif step == "unknown":
            await session.execute(update(SearchOffer).values(exact_until=None))
        for _ in range(25):
            asked, text = asked_at_random(chance, now()), chance.choice(("", "", "azur", "corail"))
            for name in ("FEW", "SOME", "MANY"):
                monkeypatch.setattr(queries, name, chance.choice((0, 10**9)))
            understood = await understand(session, query_words(text))
            question = Question(asked, understood.query, understood.newest, now(), understood.expected)
            found, expected = await queries.find(session, question), naive(known, asked, text, now())
            assert found.total == min(len(expected), counted + 1), (step, text, asked)
            if len(expected) <= counted:
                kinds = [one.kind for one in expected]
                assert found.by_subcategory == {kind: kinds.count(kind) for kind in kinds}
            ids, page = [match.offer_id for match in found.page], expected[asked.offset : asked.offset + asked.limit]
            if asked.sort is Sort.RELEVANCE and text:
                # What words weigh changes the order among the best by rank, and nothing else.
                assert set(ids) <= {one.id for one in expected[:counted]}
                assert len(ids) == len(set(ids)) == len(expected[:counted][asked.offset :][: asked.limit])
            elif asked.sort is Sort.PRICE and step != "refreshed":
                # The row's price is a bound until it is indexed again.
                assert len(ids) == len(page)
                assert set(ids) <= {one.id for one in expected}
            else:
                assert ids == [one.id for one in page], (step, text, asked)
