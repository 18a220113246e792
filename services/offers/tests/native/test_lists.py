"""A person's favourites and reminders."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from offers.favorites.actions import add_favorite
from offers.favorites.models import Favorite
from offers.offers.values import OfferValidation
from offers.reminders.models import OfferReminder
from offers.replicas.models import UserReplica
from shared.clock import now
from shared.database import Database
from shared.errors import ApiError
from shared.testing.recorders import Tokens

from .conftest import PARIS, Made

FAVORITES = "/native/v1/me/favorites"
REMINDERS = "/native/v1/me/reminders"
ME, OTHER = 11, 12
BAD_BODIES = [{}, {"offerId": None}, {"offerId": "x"}, {"offerId": True}, {"offerId": 2**63}, {"offerId": 0}, [], "1"]


async def test_a_favourite(make: Made, client: httpx.AsyncClient, tokens: Tokens, clock: Any) -> None:
    start = clock.set(now().replace(microsecond=0))
    offer = await make.offer(name="Concert", image=True)
    date = start + timedelta(days=4)
    await make.stock(offer, price_cents=1_500, beginning_datetime=date)
    await make.stock(offer, price_cents=500, beginning_datetime=start - timedelta(days=1))
    await make.done()
    answer = await client.post(FAVORITES, json={"offerId": offer.id}, headers=tokens.native(ME))
    assert answer.status_code == 200
    body = answer.json()
    image = body["offer"].pop("image")
    assert image["credit"] == "Une photographe"
    assert body["offer"] == {
        "id": offer.id,
        "name": "Concert",
        "subcategoryId": "CONCERT",
        "bookingAllowedDatetime": None,
        "coordinates": {"latitude": PARIS[0], "longitude": PARIS[1]},
        "date": date.isoformat().replace("+00:00", "Z"),
        "expenseDomains": ["all"],
        "externalTicketOfficeUrl": None,
        "isExpired": False,
        "isReleased": True,
        "isSoldOut": False,
        "price": 1_500,
        "startDate": None,
        "startPrice": None,
        "venueName": "La Grande Librairie",
    }
    body["offer"]["image"] = image
    listed = (await client.get(FAVORITES, headers=tokens.native(ME))).json()
    assert listed == {"page": 1, "nbFavorites": 1, "favorites": [body]}
    assert (await client.get(FAVORITES, headers=tokens.native(OTHER))).json()["nbFavorites"] == 0


async def test_several_prices_and_dates_start_somewhere(make: Made, client: httpx.AsyncClient, tokens: Tokens) -> None:
    offer = await make.offer()
    for days, price in ((5, 3_000), (2, 2_000)):
        await make.stock(offer, price_cents=price, beginning_datetime=now() + timedelta(days=days))
    await make.done()
    shown = (await client.post(FAVORITES, json={"offerId": offer.id}, headers=tokens.native(ME))).json()["offer"]
    assert (shown["price"], shown["startPrice"], shown["date"]) == (None, 2_000, None)
    assert shown["startDate"] is not None


async def test_favourites_stay_when_their_offers_are_over(
    make: Made, client: httpx.AsyncClient, tokens: Tokens, clock: Any
) -> None:
    clock.set(now())
    offer = await make.bookable("Bientôt fini", beginning=now() + timedelta(days=1))
    hidden = await make.bookable("Retirée")
    await make.done()
    for one in (offer, hidden):
        await client.post(FAVORITES, json={"offerId": one.id}, headers=tokens.native(ME))
    offer.publication_datetime = None
    hidden.validation = OfferValidation.REJECTED
    await make.session.commit()
    clock.advance(days=2)
    body = (await client.get(FAVORITES, headers=tokens.native(ME))).json()
    (shown,) = (favorite["offer"] for favorite in body["favorites"])
    assert body["nbFavorites"] == 1
    assert (shown["isExpired"], shown["isReleased"], shown["price"], shown["date"]) == (True, False, None, None)


async def test_newest_first_and_the_same_again_changes_nothing(
    make: Made, client: httpx.AsyncClient, tokens: Tokens
) -> None:
    offers = [await make.bookable(f"Offre {number}") for number in range(3)]
    await make.done()
    ids = [
        (await client.post(FAVORITES, json={"offerId": offer.id}, headers=tokens.native(ME))).json()["id"]
        for offer in (*offers, offers[0])
    ]
    assert ids[3] == ids[0]
    listed = (await client.get(FAVORITES, headers=tokens.native(ME))).json()
    assert [favorite["offer"]["name"] for favorite in listed["favorites"]] == ["Offre 2", "Offre 1", "Offre 0"]


async def test_letting_go(make: Made, client: httpx.AsyncClient, tokens: Tokens) -> None:
    offer = await make.bookable("Offre")
    await make.done()
    favorite = (await client.post(FAVORITES, json={"offerId": offer.id}, headers=tokens.native(ME))).json()["id"]
    for headers, status in ((tokens.native(OTHER), 404), (tokens.native(ME), 204), (tokens.native(ME), 404)):
        assert (await client.delete(f"{FAVORITES}/{favorite}", headers=headers)).status_code == status


async def test_a_hundred_is_enough(make: Made, session: AsyncSession) -> None:
    offers = [await make.bookable(f"Offre {number}") for number in range(3)]
    await make.done()
    await add_favorite(session, ME, offers[0].id, most=2)
    second = await add_favorite(session, ME, offers[1].id, most=2)
    with pytest.raises(ApiError) as refusal:
        await add_favorite(session, ME, offers[2].id, most=2)
    assert (refusal.value.status, refusal.value.body) == (400, {"code": "MAX_FAVORITES_REACHED"})
    assert await add_favorite(session, ME, offers[1].id, most=2) == second
    await add_favorite(session, OTHER, offers[2].id, most=2)
    await add_favorite(session, ME, offers[2].id, most=0)


async def test_two_at_once_do_not_pass_the_limit(make: Made, database: Database, session: AsyncSession) -> None:
    offers = [await make.bookable(f"Offre {number}") for number in range(4)]
    await make.done()

    async def add(offer_id: int) -> bool:
        try:
            async with database.transaction() as mine:
                await add_favorite(mine, ME, offer_id, most=2)
        except ApiError:
            return False
        return True

    results = await asyncio.gather(*(add(offer.id) for offer in offers))
    assert sorted(results) == [False, False, True, True]
    assert await session.scalar(select(func.count()).select_from(Favorite)) == 2


async def test_bad_bodies(client: httpx.AsyncClient, tokens: Tokens, session: AsyncSession) -> None:
    for url in (FAVORITES, REMINDERS):
        for body in BAD_BODIES:
            assert (await client.post(url, json=body, headers=tokens.native(ME))).status_code == 400
    assert await session.scalar(select(func.count()).select_from(Favorite)) == 0


@pytest.mark.parametrize("url", [FAVORITES, REMINDERS])
async def test_offers_that_nobody_sees(make: Made, client: httpx.AsyncClient, tokens: Tokens, url: str) -> None:
    draft = await make.bookable("Brouillon", validation=OfferValidation.DRAFT)
    await make.done()
    for offer_id in (draft.id, 999_999):
        answer = await client.post(url, json={"offerId": offer_id}, headers=tokens.native(ME))
        assert (answer.status_code, answer.json()) == (404, {})


PERSONAL = [
    ("GET", FAVORITES),
    ("POST", FAVORITES),
    ("DELETE", f"{FAVORITES}/1"),
    ("GET", REMINDERS),
    ("POST", REMINDERS),
    ("DELETE", f"{REMINDERS}/1"),
    ("GET", "/native/v2/reaction/available"),
    ("POST", "/native/v2/reaction"),
    ("POST", "/native/v1/recommendation/playlist"),
    ("GET", "/native/v1/movie/calendar/me?latitude=1&longitude=1&visa=1"),
]


async def test_who_are_you(client: httpx.AsyncClient, tokens: Tokens, session: AsyncSession) -> None:
    session.add(UserReplica(id=ME, version=1, email="a@exemple.fr", roles=[], is_active=False))
    await session.commit()
    body = {"offerId": 1, "reactions": []}
    for method, url in PERSONAL:
        for headers in ({}, {"Authorization": "Bearer x.y.z"}, tokens.pro(ME), tokens.provider(ME)):
            assert (await client.request(method, url, headers=headers, json=body)).status_code == 401, url
        closed = await client.request(method, url, headers=tokens.native(ME), json=body)
        assert (closed.status_code, list(closed.json())) == (403, ["email"]), url


async def test_favourites_are_a_few_statements(
    make: Made, client: httpx.AsyncClient, tokens: Tokens, statements: Any
) -> None:
    offers = [await make.bookable(f"Offre {number}", image=True) for number in range(5)]
    await make.done()
    counts = []
    for offer in offers:
        await client.post(FAVORITES, json={"offerId": offer.id}, headers=tokens.native(ME))
        with statements() as seen:
            await client.get(FAVORITES, headers=tokens.native(ME))
        counts.append(len(seen))
    assert set(counts) == {3}


async def test_reminders(make: Made, client: httpx.AsyncClient, tokens: Tokens, session: AsyncSession) -> None:
    offer = await make.bookable("À venir", booking_allowed_datetime=now() + timedelta(days=3))
    await make.done()
    mine = tokens.native(ME)
    first = await client.post(REMINDERS, json={"offerId": offer.id}, headers=mine)
    again = await client.post(REMINDERS, json={"offerId": offer.id}, headers=mine)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json() == {"id": first.json()["id"], "offer": {"id": offer.id}}
    assert (await client.get(REMINDERS, headers=mine)).json() == {"reminders": [first.json()]}
    assert (await client.get(REMINDERS, headers=tokens.native(OTHER))).json() == {"reminders": []}
    url = f"{REMINDERS}/{first.json()['id']}"
    for headers, status in ((tokens.native(OTHER), 404), (mine, 204), (mine, 404)):
        assert (await client.delete(url, headers=headers)).status_code == status
    assert await session.scalar(select(func.count()).select_from(OfferReminder)) == 0
