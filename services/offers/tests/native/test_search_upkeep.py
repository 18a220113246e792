"""The index forgets what nobody finds, knows how common stems are, and answers alike however it is asked."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from offers.search import queries
from offers.search.criteria import Around, Criteria, Question, Sort
from offers.search.jobs import upkeep
from offers.search.models import SearchOffer, SearchStem
from offers.search.spelling import understand
from offers.search.tags import UNTAGGED
from offers.search.words import query_words
from shared.clock import now
from shared.database import Database

from .conftest import PARIS, Made

LYON = (45.7640, 4.8357)


async def test_what_closed_a_day_ago_is_forgotten(make: Made, database: Database, clock: Any) -> None:
    start = clock.set(now())
    venue = await make.venue()
    await make.bookable("bientôt", venue=venue, beginning=start + timedelta(hours=2))
    kept = await make.bookable("plus tard", venue=venue, beginning=start + timedelta(days=9))
    await make.done()
    clock.advance(hours=25)
    assert (await upkeep(database))["forgotten"] == 0
    clock.advance(hours=2)
    assert (await upkeep(database))["forgotten"] == 1
    assert (await make.session.scalars(select(SearchOffer.offer_id))).all() == [kept.id]


async def test_a_word_goes_on_as_most_offers_do(make: Made, database: Database, client: httpx.AsyncClient) -> None:
    venue = await make.venue()
    for name in ("Orchestre de Lyon", "Orchestre de Metz", "Orchidée"):
        await make.bookable(name, venue=venue)
    await make.done()
    assert (await upkeep(database))["stems"] > 0
    counted = {row.stem: row.offers for row in await make.session.scalars(select(SearchStem))}
    assert (counted["orchestr"], counted["orchide"]) == (2, 1)
    assert (await upkeep(database))["stems"] == 0
    understood = await understand(make.session, query_words("orc"))
    assert understood.query is not None
    first, second = understood.query.index("orchestr"), understood.query.index("orchide")
    assert first < second
    found = (await client.get("/native/v1/search/offers", params={"q": "orc"})).json()["hits"]
    assert len(found) == 3


SORTS = [
    Criteria(hits_per_page=7, page=1),
    Criteria(hits_per_page=50, sort=Sort.PRICE),
    Criteria(hits_per_page=50, sort=Sort.PRICE, max_price=900),
    Criteria(hits_per_page=50, sort=Sort.DATE),
    Criteria(hits_per_page=50, sort=Sort.DATE, min_price=400),
    Criteria(hits_per_page=50, sort=Sort.DISTANCE, around=Around(*PARIS, None)),
    Criteria(hits_per_page=50, sort=Sort.DISTANCE, around=Around(*PARIS, 30_000)),
    Criteria(hits_per_page=50, around=Around(*LYON, 5_000), is_duo=True),
    Criteria(hits_per_page=50, subcategories=frozenset({"CONCERT", "VOD"}), min_price=600),
    Criteria(hits_per_page=50, beginning_from=now() + timedelta(days=4), beginning_to=now() + timedelta(days=40)),
]


@pytest.mark.parametrize("is_untagged", [False, True], ids=["tagged", "untagged"])
async def test_few_and_many_are_found_in_the_same_order(make: Made, session: AsyncSession, is_untagged: bool) -> None:
    """All at once, or slice after slice: the same offers; in the same order, but for rows that have no tags yet."""
    chance = random.Random(20)
    venues = [await make.venue(at=at) for at in (PARIS, LYON, (48.9, 2.4), (-20.9, 55.4))]
    for number in range(40):
        await make.bookable(
            f"Soirée {number % 3}",
            venue=chance.choice(venues),
            price=chance.choice((0, 0, 500, 700, 2_000)),
            image=chance.random() < 0.5,
            is_duo=chance.random() < 0.5,
            ranking_weight=chance.choice((None, None, 1, 40, -3)),
            **chance.choice(
                (
                    {"subcategory_id": "CONCERT", "beginning": now() + timedelta(hours=chance.randrange(1, 2_000))},
                    {"subcategory_id": "LIVRE_PAPIER", "beginning": None},
                    {"subcategory_id": "VOD", "beginning": None, "url": "https://exemple.fr"},
                )
            ),
        )
    await make.done()
    if is_untagged:
        await session.execute(update(SearchOffer).values(tags=[UNTAGGED]))
    for text in ("", "soirée 1"):
        understood = await understand(session, query_words(text))
        for criteria in SORTS:
            question = Question(criteria, understood.query, understood.newest, now())
            found = await queries.find(session, question)
            few = found.page
            many = await queries.find_many(session, question)
            assert len(few) == max(0, min(criteria.hits_per_page, found.total - criteria.offset)), criteria
            if is_untagged and criteria.page:
                continue
            keep = sorted if is_untagged else list
            assert keep([one.offer_id for one in few]) == keep([one.offer_id for one in many]), criteria
