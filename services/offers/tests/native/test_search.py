"""The search against PostgreSQL: French, places, prices, dates, and what time does to visibility."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from offers.offerers.models import Offerer
from offers.offers.values import OfferValidation
from offers.search.actions import index_offer, index_offers_of_offerer, index_offers_of_venue
from offers.search.jobs import reindex
from offers.search.models import SearchOffer
from offers.stocks.models import Stock
from shared.clock import now
from shared.database import Database
from shared.events.bookings import INVENTORY, Inventory

from .conftest import PARIS, Made

URL = "/native/v1/search/offers"
LYON = (45.7640, 4.8357)
VERSAILLES = (48.8049, 2.1204)

Search = Callable[..., Any]


@pytest.fixture
def search(client: httpx.AsyncClient) -> Search:
    async def ask(**parameters: Any) -> list[str]:
        answer = await client.get(URL, params=parameters)
        assert answer.status_code == 200, answer.text
        return [hit["name"] for hit in answer.json()["hits"]]

    return ask


@pytest.fixture
async def titles(make: Made) -> None:
    venue = await make.venue(public_name="Le Petit Palais", city="Besançon")
    for name, kind, more in (
        ("Théâtre d'été", "SPECTACLE_REPRESENTATION", {}),
        ("Les Misérables", "LIVRE_PAPIER", {"own_extra_data": {"author": "Victor Hugo"}, "ean": "9782070409228"}),
        ("Jazz à la Villette", "CONCERT", {}),
        ("Concerts de musique baroque", "CONCERT", {"own_description": "Un orchestre joue du clavecin."}),
        ("Le cheval blanc", "SEANCE_CINE", {}),
        ("L'œuvre au noir", "LIVRE_PAPIER", {"own_extra_data": {"author": "Marguerite Yourcenar"}}),
        ("Exposition symphonique", "VISITE", {}),
    ):
        await make.bookable(name, venue=venue, subcategory_id=kind, **more)
    await make.done()


FRENCH = [
    ("theatre", {"Théâtre d'été"}),
    ("THÉÂTRES", {"Théâtre d'été"}),
    ("les misérables", {"Les Misérables"}),
    ("le miserable", {"Les Misérables"}),
    ("misérables de victor hugo", {"Les Misérables"}),
    ("9782070409228", {"Les Misérables"}),
    ("l'oeuvre au noir", {"L'œuvre au noir"}),
    ("œuvres", {"L'œuvre au noir"}),
    ("yourcenar", {"L'œuvre au noir"}),
    ("chevaux blancs", {"Le cheval blanc"}),
    ("le concert de la musique", {"Concerts de musique baroque", "Jazz à la Villette"}),
    ("clavecins", {"Concerts de musique baroque"}),
    ("symph", {"Exposition symphonique"}),
    ("jazz besancon", {"Jazz à la Villette"}),
    ("petit palais symphonique", {"Exposition symphonique"}),
]


@pytest.mark.usefixtures("titles")
async def test_french_text(search: Search) -> None:
    for text, expected in FRENCH:
        assert set(await search(q=text)) == expected, text


MISTYPED = [
    ("thaetre", "Théâtre d'été"),
    ("theatr", "Théâtre d'été"),
    ("miserabels", "Les Misérables"),
    ("yourcenarr", "L'œuvre au noir"),
    ("villete", "Jazz à la Villette"),
    ("symfonique", "Exposition symphonique"),
    ("barroque", "Concerts de musique baroque"),
]


@pytest.mark.usefixtures("titles")
async def test_typing_mistakes(search: Search) -> None:
    for text, expected in MISTYPED:
        assert await search(q=text) == [expected], text


UNKNOWN = ["pétanque", "jazz pétanque", "xyzzy", "!!!", "الموسيقى"]


@pytest.mark.usefixtures("titles")
async def test_nothing_is_found_of_nothing(search: Search) -> None:
    for text in UNKNOWN:
        assert await search(q=text) == [], text


HOSTILE = [
    "'; DROP TABLE search_offer; --",
    "jazz' | 'x",
    "(((",
    "a & b | !c :*",
    "\\'\\\\",
    "%_%",
    "jazz:*",
    "{}[]<->",
    "\x00jazz",
    "é" * 200,
    "🎷 jazz",
]


@pytest.mark.usefixtures("titles")
async def test_no_text_is_syntax(client: httpx.AsyncClient) -> None:
    for text in HOSTILE:
        answer = await client.get(URL, params={"q": text})
        assert answer.status_code == 200, text
        assert {"hits", "nbHits", "nbPages"} <= set(answer.json())
    assert len((await client.get(URL)).json()["hits"]) == 7


async def test_names_weigh_more_than_descriptions(make: Made, search: Search) -> None:
    venue = await make.venue()
    await make.bookable("Atelier", venue=venue, own_description="On y parle de photographie.", ranking_weight=5)
    await make.bookable("Photographie", venue=venue)
    await make.bookable("Photographie et autres arts de la rue en ville", venue=venue)
    await make.done()
    assert await search(q="photographie") == [
        "Photographie",
        "Photographie et autres arts de la rue en ville",
        "Atelier",
    ]


async def test_without_text_editors_then_events_then_images_come_first(make: Made, search: Search) -> None:
    venue = await make.venue()
    await make.bookable("livre", venue=venue, subcategory_id="LIVRE_PAPIER", beginning=None)
    await make.bookable("livre illustré", venue=venue, subcategory_id="LIVRE_PAPIER", beginning=None, image=True)
    await make.bookable("concert", venue=venue)
    await make.bookable("choisi", venue=venue, subcategory_id="LIVRE_PAPIER", beginning=None, ranking_weight=1)
    await make.done()
    assert await search() == ["choisi", "concert", "livre illustré", "livre"]


async def test_distance(make: Made, client: httpx.AsyncClient, search: Search) -> None:
    for name, place in (("Lyon", LYON), ("Paris", PARIS), ("Versailles", VERSAILLES)):
        await make.bookable(name, venue=await make.venue(at=place))
    await make.bookable(
        "En ligne", subcategory_id="VOD", beginning=None, url="https://exemple.fr", venue=await make.venue()
    )
    await make.done()
    here = {"latitude": PARIS[0], "longitude": PARIS[1]}
    assert await search(**here, sort="distance") == ["Paris", "Versailles", "Lyon", "En ligne"]
    assert await search(**here, radius=30, sort="distance") == ["Paris", "Versailles"]
    assert await search(**here, radius=1) == ["Paris"]
    assert set(await search(**here)) == {"Paris", "Versailles", "Lyon", "En ligne"}
    hits = (await client.get(URL, params={**here, "sort": "distance"})).json()["hits"]
    assert [hit["distance"] for hit in hits] == [
        0,
        pytest.approx(17_900, rel=0.02),
        pytest.approx(391_500, rel=0.01),
        None,
    ]


async def test_the_place_of_an_offer_comes_before_its_venues(make: Made, search: Search) -> None:
    venue = await make.venue(at=LYON)
    offerer = await make.session.get_one(Offerer, venue.managing_offerer_id)
    elsewhere = await make.place(offerer, PARIS)
    await make.bookable("Hors les murs", venue=venue, offerer_address_id=elsewhere.id)
    await make.done()
    assert await search(latitude=PARIS[0], longitude=PARIS[1], radius=5) == ["Hors les murs"]
    assert await search(latitude=LYON[0], longitude=LYON[1], radius=5) == []


async def test_filters(make: Made, search: Search) -> None:
    venue, other = await make.venue(), await make.venue()
    await make.bookable("gratuit", venue=venue, price=0, is_duo=True)
    await make.bookable("cher", venue=venue, price=20_000)
    await make.bookable("film", venue=other, price=900, subcategory_id="SEANCE_CINE")
    await make.bookable("vidéo", venue=other, price=500, subcategory_id="VOD", url="https://exemple.fr", beginning=None)
    await make.done()
    assert await search(isFree=True) == ["gratuit"]
    assert await search(isDuo=True) == ["gratuit"]
    assert set(await search(isDuo=False)) == {"cher", "film", "vidéo"}
    assert await search(isDigital=True) == ["vidéo"]
    assert set(await search(venueId=other.id)) == {"film", "vidéo"}
    assert set(await search(minPrice=500, maxPrice=900)) == {"film", "vidéo"}
    assert await search(minPrice=901) == ["cher"]
    assert await search(subcategories=["SEANCE_CINE"]) == ["film"]
    assert set(await search(subcategories=["SEANCE_CINE", "VOD"])) == {"film", "vidéo"}
    assert await search(searchGroups="FILMS_DOCUMENTAIRES_SERIES") == ["vidéo"]
    assert set(await search(categories="MUSIQUE_LIVE")) == {"gratuit", "cher"}
    assert await search(nativeCategories="SEANCES_DE_CINEMA") == ["film"]
    assert await search(subcategories="UNKNOWN") == []
    assert await search(sort="price") == ["gratuit", "vidéo", "film", "cher"]


async def test_dates(make: Made, search: Search) -> None:
    venue = await make.venue()
    start = now()
    await make.bookable("demain", venue=venue, beginning=start + timedelta(days=1))
    await make.bookable("plus tard", venue=venue, beginning=start + timedelta(days=20))
    await make.bookable("toujours", venue=venue, beginning=None, subcategory_id="LIVRE_PAPIER")
    twice = await make.bookable("deux fois", venue=venue, beginning=start + timedelta(days=2))
    await make.stock(twice, beginning_datetime=start + timedelta(days=30))
    await make.done()
    assert await search(sort="date") == ["demain", "deux fois", "plus tard"]

    def between(first: float, last: float | None = None) -> dict[str, str]:
        bounds = {"beginningFrom": (start + timedelta(days=first)).isoformat()}
        return bounds | ({"beginningTo": (start + timedelta(days=last)).isoformat()} if last else {})

    assert await search(**between(1.1, 7)) == ["deux fois"]
    assert await search(**between(15), sort="date") == ["plus tard", "deux fois"]
    assert await search(**between(5, 15)) == []


async def test_one_and_the_same_stock_must_fit_price_and_date(make: Made, search: Search) -> None:
    start = now()
    offer = await make.bookable("deux tarifs", price=1_000, beginning=start + timedelta(days=2))
    await make.stock(offer, price_cents=5_000, beginning_datetime=start + timedelta(days=20))
    await make.done()
    soon = {"beginningTo": (start + timedelta(days=5)).isoformat()}
    assert await search(**soon, maxPrice=2_000) == ["deux tarifs"]
    assert await search(**soon, minPrice=2_000) == []
    assert await search(q="tarifs", **soon, minPrice=2_000) == []


async def test_time_alone_shows_and_hides(make: Made, search: Search, clock: Any) -> None:
    start = clock.set(now())
    venue = await make.venue()
    await make.bookable("annoncé", venue=venue, publication_datetime=start + timedelta(days=1))
    await make.bookable("finit bientôt", venue=venue, beginning=start + timedelta(hours=30))
    await make.bookable("reste", venue=venue)
    await make.bookable("à venir", venue=venue, booking_allowed_datetime=start + timedelta(days=5))
    await make.done()
    assert set(await search()) == {"finit bientôt", "reste", "à venir"}
    clock.advance(hours=25)
    assert set(await search()) == {"annoncé", "finit bientôt", "reste", "à venir"}
    clock.advance(hours=5)
    assert set(await search()) == {"annoncé", "reste", "à venir"}


async def test_a_date_that_passes_takes_its_price_with_it(make: Made, search: Search, clock: Any) -> None:
    start = clock.set(now())
    offer = await make.bookable("deux dates", price=500, beginning=start + timedelta(days=1))
    await make.stock(offer, price_cents=3_000, beginning_datetime=start + timedelta(days=9))
    await make.done()
    assert await search(maxPrice=600) == ["deux dates"]
    assert await search(q="dates", maxPrice=600) == ["deux dates"]
    clock.advance(days=2)
    assert await search(maxPrice=600) == []
    assert await search(q="dates", maxPrice=600) == []
    assert await search(q="dates") == ["deux dates"]


@pytest.mark.parametrize(
    "values",
    [
        {"validation": OfferValidation.PENDING},
        {"validation": OfferValidation.REJECTED},
        {"validation": OfferValidation.DRAFT},
        {"publication_datetime": None},
        {"quantity": 0},
        {"beginning": now() - timedelta(hours=1)},
    ],
)
async def test_what_cannot_be_booked_is_not_there(
    make: Made, search: Search, session: AsyncSession, values: dict[str, Any]
) -> None:
    await make.bookable("caché", **values)
    await make.done()
    assert await search() == []
    assert (await session.scalars(select(SearchOffer.offer_id))).all() == []


async def test_an_offer_follows_its_offerer_its_venue_and_its_own_changes(
    make: Made, search: Search, session: AsyncSession
) -> None:
    offerer = await make.offerer()
    venue = await make.venue(offerer)
    offer = await make.bookable("Une lecture", venue=venue)
    await make.done()
    assert await search(q="lecture librairie") == ["Une lecture"]
    venue.public_name = "Le Salon rouge"
    await index_offers_of_venue(session, venue.id)
    await session.commit()
    assert await search(q="salon rouge") == ["Une lecture"]
    assert await search(q="lecture librairie") == []
    offerer.is_active = False
    await index_offers_of_offerer(session, offerer.id)
    await session.commit()
    assert await search() == []
    offerer.is_active = True
    offer.name = "Une dictée"
    await index_offer(session, offer.id)
    await session.commit()
    assert await search(q="dictee") == ["Une dictée"]
    assert await search(q="lecture") == []


async def test_what_sells_out_leaves_and_comes_back(make: Made, search: Search, deliver: Any) -> None:
    offer = await make.offer(name="Dernières places")
    stock = await make.stock(offer, quantity=10, beginning_datetime=now() + timedelta(days=3))
    await make.done()
    for booked, expected in ((9, ["Dernières places"]), (10, []), (8, ["Dernières places"])):
        state = Inventory(id=stock.id, offer_id=offer.id, quantity=10, booked_quantity=booked)
        assert await deliver(INVENTORY, "changed", state)
        assert await search() == expected
    # An old event changes neither the replica nor the index.
    old = Inventory(id=stock.id, offer_id=offer.id, quantity=10, booked_quantity=10)
    assert await deliver(INVENTORY, "changed", old, version=1)
    assert await search() == ["Dernières places"]


async def test_the_index_can_be_built_anew(make: Made, search: Search, database: Database) -> None:
    await make.bookable("Une lecture")
    await make.bookable("Retirée", validation=OfferValidation.REJECTED)
    await make.session.commit()
    assert await search() == []
    for _ in range(2):
        assert await reindex(database) == {"offers": 2}
        assert await search() == ["Une lecture"]


async def test_two_changes_at_once_are_both_in_the_index(make: Made, session: AsyncSession, database: Database) -> None:
    offer = await make.bookable("Deux à la fois", price=1_000)
    await make.done()
    first_is_in = asyncio.Event()

    async def change(price: int, waits: bool) -> None:
        async with database.transaction() as mine:
            if waits:
                await first_is_in.wait()
            mine.add(Stock(offer_id=offer.id, price_cents=price, quantity=1))
            indexing = asyncio.create_task(index_offer(mine, offer.id))
            if not waits:
                await indexing
                first_is_in.set()
                # The other is now waiting for this transaction, or will be.
                await asyncio.wait([other], timeout=0.2)
            await indexing

    other = asyncio.create_task(change(200, waits=True))
    await change(9_000, waits=False)
    await other
    row = (await session.scalars(select(SearchOffer))).one()
    assert (row.price_min, row.price_max) == (200, 9_000)


async def test_a_rolled_back_change_leaves_no_trace(make: Made, search: Search, session: AsyncSession) -> None:
    offer = await make.bookable("Avant")
    await make.done()
    offer.name = "Après"
    await index_offer(session, offer.id)
    await session.rollback()
    assert await search() == ["Avant"]


async def test_a_hit_says_what_can_be_booked(make: Made, client: httpx.AsyncClient, clock: Any) -> None:
    start = clock.set(now().replace(microsecond=0))
    venue = await make.venue(public_name="La Cigale", city="Paris")
    offer = await make.offer(venue, name="Soirée", is_duo=True, image=True)
    for days, price, quantity in ((1, 500, 10), (2, 2_000, 10), (2, 2_500, 10), (3, 9_000, 0), (-1, 100, 10)):
        await make.stock(offer, price_cents=price, quantity=quantity, beginning_datetime=start + timedelta(days=days))
    await make.done()
    (hit,) = (await client.get(URL)).json()["hits"]
    image = hit.pop("image")
    assert image["credit"] == "Une photographe"
    assert image["url"].startswith("http")
    assert hit == {
        "id": offer.id,
        "name": "Soirée",
        "subcategoryId": "CONCERT",
        "venue": {"id": venue.id, "name": "La Cigale", "city": "Paris"},
        "coordinates": {"latitude": PARIS[0], "longitude": PARIS[1]},
        "distance": None,
        "minPrice": 500,
        "maxPrice": 2_500,
        "dates": [(start + timedelta(days=days)).isoformat().replace("+00:00", "Z") for days in (1, 2)],
        "isDuo": True,
        "isDigital": False,
        "bookingAllowedDatetime": None,
    }


async def test_pages_and_facets(make: Made, client: httpx.AsyncClient) -> None:
    venue = await make.venue()
    for number in range(7):
        await make.bookable(f"Concert {number}", venue=venue)
    await make.bookable("Film", venue=venue, subcategory_id="SEANCE_CINE")
    await make.done()
    seen: list[str] = []
    for page in range(4):
        body = (await client.get(URL, params={"page": page, "hitsPerPage": 3, "facets": "searchGroups"})).json()
        assert (body["nbHits"], body["nbPages"], body["page"], body["exhaustiveNbHits"]) == (8, 3, page, True)
        seen += [hit["name"] for hit in body["hits"]]
    assert len(seen) == len(set(seen)) == 8
    counts = {facet["name"]: facet["count"] for facet in body["facets"]["searchGroups"]}
    assert counts == {"CONCERTS_FESTIVALS": 7, "MUSIQUE": 7, "CINEMA": 1}
    assert (await client.get(URL, params={"page": 1_000, "hitsPerPage": 100})).json()["hits"] == []


BAD_PARAMETERS: list[tuple[dict[str, Any], str]] = [
    ({"minPrice": "cher"}, "minPrice"),
    ({"minPrice": -1}, "minPrice"),
    ({"maxPrice": 10**30}, "maxPrice"),
    ({"latitude": 91, "longitude": 0}, "latitude"),
    ({"latitude": 1}, "longitude"),
    ({"longitude": 1}, "latitude"),
    ({"latitude": "nan", "longitude": 1}, "latitude"),
    ({"radius": 5}, "latitude"),
    ({"sort": "distance"}, "latitude"),
    ({"sort": "alphabet"}, "sort"),
    ({"page": -1}, "page"),
    ({"hitsPerPage": 0}, "hitsPerPage"),
    ({"hitsPerPage": 101}, "hitsPerPage"),
    ({"beginningFrom": "hier"}, "beginningFrom"),
    ({"beginningTo": "0001-01-01T00:00:00+14:00"}, "beginningTo"),
    ({"venueId": 2**63}, "venueId"),
    ({"q": "a" * 201}, "q"),
    ({"facets": "names"}, "facets.0"),
]


async def test_bad_parameters(client: httpx.AsyncClient) -> None:
    for parameters, field in BAD_PARAMETERS:
        answer = await client.get(URL, params=parameters)
        assert (answer.status_code, list(answer.json())) == (400, [field]), parameters


async def test_statements_do_not_grow_with_the_hits(make: Made, client: httpx.AsyncClient, statements: Any) -> None:
    venue = await make.venue()
    for number in range(12):
        await make.bookable(f"Concert {number}", venue=venue, image=True)
    await make.done()
    counts = []
    for size in (1, 12):
        with statements() as seen:
            await client.get(URL, params={"q": "concert", "hitsPerPage": size, "facets": "searchGroups"})
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 5
