"""Calendars of films."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncSession

from offers.movies.rules import Bookability, Screening, Viewer, bookability, days, lines_of_day, local_day
from offers.products.models import Product
from offers.reactions.models import BookingReplica
from offers.replicas.models import UserReplica
from offers.stocks.models import Stock
from offers.venues.models import Venue
from shared.testing.recorders import Tokens

from .conftest import PARIS, Made

START = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
HERE = {"latitude": PARIS[0], "longitude": PARIS[1]}
URL = "/native/v1/movie/calendar"
ME = 11


def screening(beginning: datetime, number: int = 1, **values: Any) -> Screening:
    given = {"product_id": 7, "price_cents": 900, "features": [], "is_open": True, "is_sold_out": False, **values}
    return Screening(stock_id=number, offer_id=number, beginning=beginning, **given)


@settings(max_examples=60)
@given(st.lists(st.integers(0, 24 * 9), max_size=8), st.integers(0, 9))
def test_a_day_shows_its_own_screenings_or_the_nearest(hours: list[int], offset: int) -> None:
    day = local_day(START + timedelta(days=offset), "Europe/Paris")
    groups = [(n, "Europe/Paris", [screening(START + timedelta(hours=h))]) for n, h in enumerate(hours)]
    lines = lines_of_day(day, groups, float)
    assert {line.key for line in lines} == set(range(len(hours)))
    shows = [bool(line.screenings) for line in lines]
    assert shows == sorted(shows, reverse=True)
    for line in lines:
        assert bool(line.screenings) != (line.nearest is not None)
        assert all(local_day(s.beginning, "Europe/Paris") == day for s in line.screenings)


def test_the_nearest_screening_is_in_either_direction() -> None:
    before, after = screening(START - timedelta(days=1), 1), screening(START + timedelta(days=3), 2)
    (line,) = lines_of_day(date(2026, 11, 25), [("v", "Europe/Paris", [before, after])], lambda _: 0)
    assert line.nearest is after
    (line,) = lines_of_day(date(2026, 11, 24), [("v", "Europe/Paris", [before, after])], lambda _: 0)
    assert line.nearest is before


def test_days_are_local() -> None:
    late = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)
    assert local_day(late, "Europe/Paris") == date(2026, 11, 25)
    assert local_day(late, "America/Cayenne") == date(2026, 11, 24)
    assert days(date(2026, 11, 30), date(2026, 12, 2)) == [date(2026, 11, 30), date(2026, 12, 1), date(2026, 12, 2)]


def test_why_a_screening_cannot_be_booked() -> None:
    good = screening(START)
    viewer = Viewer(True, frozenset(), frozenset())
    assert bookability(good, viewer) is Bookability.BOOKABLE
    assert bookability(good, None) is Bookability.AUTHENTICATION_REQUIRED
    assert bookability(good, Viewer(False, frozenset(), frozenset())) is Bookability.USER_CANNOT_BOOK
    booked, related = Viewer(True, frozenset({1}), frozenset({7})), Viewer(True, frozenset({2}), frozenset({7}))
    assert bookability(good, booked) is Bookability.USER_HAS_ALREADY_BOOKED_OFFER
    assert bookability(good, related) is Bookability.USER_HAS_ALREADY_BOOKED_RELATED_OFFER
    assert bookability(screening(START, is_sold_out=True), viewer) is Bookability.STOCK_IS_SOLD_OUT
    assert bookability(screening(START, is_open=False), viewer) is Bookability.STOCK_BOOKING_IS_DISABLED


async def film(make: Made) -> Product:
    return await make.product(
        name="Le Film",
        subcategory_id="SEANCE_CINE",
        duration_minutes=101,
        extra_data={"allocineId": 123, "visa": "456", "genres": ["DRAMA"]},
        last_30_days_booking=3,
    )


async def shown(make: Made, product: Product, venue: Venue, hours: float, **values: Any) -> Stock:
    offer = await make.offer(venue, name="Le Film", subcategory_id="SEANCE_CINE", product_id=product.id)
    given = {"price_cents": 950, "features": ["VO"], "beginning_datetime": START + timedelta(hours=hours), **values}
    return await make.stock(offer, **given)


@pytest.mark.parametrize("by", [{"allocineId": "123"}, {"visa": "456"}])
async def test_where_a_film_is_shown(make: Made, client: httpx.AsyncClient, clock: Any, by: dict[str, str]) -> None:
    clock.set(START)
    product = await film(make)
    near, far = await make.venue(public_name="Le Rex"), await make.venue(public_name="Le Palace", at=(48.80, 2.13))
    lyon = await make.venue(public_name="Lumière", at=(45.76, 4.83))
    first = await shown(make, product, near, 30)
    await shown(make, product, far, 3)
    await shown(make, product, far, 8, quantity=5, booked=5)
    await shown(make, product, lyon, 3)
    await shown(make, product, near, -3)
    await shown(make, product, near, 24 * 40)
    await make.done()
    answer = await client.get(URL, params={**HERE, **by})
    assert answer.status_code == 200, answer.text
    calendar = answer.json()["calendar"]
    assert [day["date"] for day in calendar] == [str(date(2026, 11, 24) + timedelta(days=n)) for n in range(17)]
    today, tomorrow = calendar[0]["screenings"], calendar[1]["screenings"]
    assert [line["label"] for line in today] == ["Le Palace", "Le Rex"]
    assert [line["label"] for line in tomorrow] == ["Le Rex", "Le Palace"]
    assert [s["bookability"] for s in today[0]["dayScreenings"]] == ["AUTHENTICATION_REQUIRED", "STOCK_IS_SOLD_OUT"]
    assert today[1]["dayScreenings"] == []
    assert today[1]["nextScreening"] == {
        "stockId": first.id,
        "beginningDatetime": "2026-11-25T18:00:00Z",
        "bookability": "AUTHENTICATION_REQUIRED",
        "features": ["VO"],
        "price": 950,
    }
    assert tomorrow[0]["nextScreening"] is None
    assert (today[1]["distance"], today[1]["venueId"]) == (0, near.id)
    assert today[0]["distance"] == pytest.approx(17_400, rel=0.02)


async def test_what_a_person_may_book(
    make: Made, client: httpx.AsyncClient, tokens: Tokens, session: AsyncSession, clock: Any
) -> None:
    clock.set(START)
    product = await film(make)
    one, other = await make.venue(), await make.venue()
    booked, related = await shown(make, product, one, 5), await shown(make, product, other, 5)
    session.add(UserReplica(id=ME, version=1, email="a@exemple.fr", roles=["BENEFICIARY"], is_active=True))
    session.add(
        BookingReplica(
            id=1,
            version=1,
            user_id=ME,
            offer_id=booked.offer_id,
            product_id=product.id,
            subcategory_id="SEANCE_CINE",
            status="CONFIRMED",
            date_created=START,
        )
    )
    await make.done()
    answer = await client.get(f"{URL}/me", params={**HERE, "visa": "456"}, headers=tokens.native(ME))
    told = {
        s["stockId"]: s["bookability"]
        for line in answer.json()["calendar"][0]["screenings"]
        for s in line["dayScreenings"]
    }
    assert told == {
        booked.id: "USER_HAS_ALREADY_BOOKED_OFFER",
        related.id: "USER_HAS_ALREADY_BOOKED_RELATED_OFFER",
    }
    url = f"/native/v1/venue/{one.id}/movie/calendar"
    mine = (await client.get(f"{url}/me", headers=tokens.native(ME))).json()["calendar"][0]["screenings"]
    assert [s["bookability"] for s in mine[0]["dayScreenings"]] == ["USER_HAS_ALREADY_BOOKED_OFFER"]


async def test_the_films_of_a_venue(make: Made, client: httpx.AsyncClient, clock: Any, statements: Any) -> None:
    clock.set(START)
    venue = await make.venue()
    await shown(make, await film(make), venue, 3)
    other = await make.offer(venue, name="Un autre film", subcategory_id="SEANCE_CINE", own_duration_minutes=80)
    await make.stock(other, beginning_datetime=START + timedelta(hours=4))
    await make.done()
    with statements() as seen:
        answer = await client.get(f"/native/v1/venue/{venue.id}/movie/calendar")
    assert len(seen) == 2
    today = answer.json()["calendar"][0]["screenings"]
    assert [(line["movieName"], line["duration"], line["genres"]) for line in today] == [
        ("Le Film", 101, ["Drame"]),
        ("Un autre film", 80, []),
    ]
    nothing = (await client.get("/native/v1/venue/999999/movie/calendar")).json()["calendar"]
    assert len(nothing) == 17
    assert all(day["screenings"] == [] for day in nothing)


REFUSED: list[tuple[dict[str, Any], int]] = [
    (HERE, 400),
    ({**HERE, "allocineId": "1", "visa": "2"}, 400),
    ({"visa": "456"}, 400),
    ({**HERE, "allocineId": "x"}, 400),
    ({**HERE, "visa": "456", "latitude": 95}, 400),
    ({**HERE, "visa": "456", "aroundRadius": -1}, 400),
    ({**HERE, "visa": "456", "from": "hier"}, 400),
    ({**HERE, "visa": "456", "from": "2026-12-24", "to": "2026-12-01"}, 400),
    ({**HERE, "visa": "456", "from": "2026-01-01", "to": "2036-12-01"}, 400),
    ({**HERE, "visa": "999"}, 404),
    ({**HERE, "allocineId": "999"}, 404),
]


async def test_refusals(client: httpx.AsyncClient) -> None:
    for parameters, status in REFUSED:
        assert (await client.get(URL, params=parameters)).status_code == status, parameters
