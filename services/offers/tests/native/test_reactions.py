"""Reactions to what was booked."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from offers.categories import subcategory_facts
from offers.products.models import Product
from offers.reactions.models import BookingReplica, Reaction
from offers.reactions.rules import BookingFacts, asked_after, check_may_react, likes_change
from offers.reactions.values import ReactionType
from shared.clock import now
from shared.errors import ApiError
from shared.events.bookings import BOOKING, BookedBy, BookedOffer, BookedOfferer, BookedStock, BookedVenue, Booking
from shared.testing.recorders import Tokens

from .conftest import Made

URL = "/native/v2/reaction"
ME, OTHER = 11, 12


def booking_state(booking_id: int, offer_id: int, **values: Any) -> Booking:
    product_id = values.pop("product_id", None)
    subcategory = subcategory_facts(values.pop("subcategory_id", "SEANCE_CINE"))
    given: dict[str, Any] = {"user_id": ME, "status": "USED", "date_used": now() - timedelta(days=40), **values}
    return Booking(
        id=booking_id,
        stock_id=1,
        offer_id=offer_id,
        venue_id=1,
        offerer_id=1,
        deposit_id=None,
        token="ABCDEF",
        quantity=1,
        amount_cents=0,
        price_category_label=None,
        date_created=now() - timedelta(days=50),
        cancellation_limit_date=None,
        cancellation_date=None,
        cancellation_reason=None,
        validation_author_type=None,
        expiration_date=None,
        activation_code=None,
        beneficiary=BookedBy(
            id=given["user_id"],
            email="a@exemple.fr",
            first_name=None,
            last_name=None,
            birth_date=None,
            phone_number=None,
            department_code=None,
        ),
        stock=BookedStock(id=1, beginning_datetime=None, booking_limit_datetime=None, features=[]),
        offer=BookedOffer(
            id=offer_id,
            name="Un film",
            subcategory=subcategory,
            product_id=product_id,
            ean=None,
            url=None,
            image_url=None,
            is_duo=False,
            withdrawal_type=None,
            withdrawal_delay=None,
            withdrawal_details=None,
            booking_contact=None,
            booking_email=None,
            address=None,
        ),
        venue=BookedVenue(id=1, common_name="Cinéma", booking_email=None, address=None),
        offerer=BookedOfferer(id=1, name="Association", siren="000000001"),
        **given,
    )


async def available(client: httpx.AsyncClient, headers: dict[str, str], version: str = "v2") -> list[dict[str, Any]]:
    answer = await client.get(f"/native/{version}/reaction/available", headers=headers)
    assert answer.status_code == 200
    assert answer.json()["numberOfReactableBookings"] == len(answer.json()["bookings"])
    return answer.json()["bookings"]


async def react(client: httpx.AsyncClient, headers: dict[str, str], *reactions: tuple[int, str]) -> httpx.Response:
    body = {"reactions": [{"offerId": offer_id, "reactionType": kind} for offer_id, kind in reactions]}
    return await client.post(URL, json=body, headers=headers)


async def test_nothing_to_ask(client: httpx.AsyncClient, tokens: Tokens) -> None:
    assert await available(client, tokens.native(ME)) == []
    assert await available(client, tokens.native(ME), "v1") == []


async def test_a_used_booking_is_asked_about_until_a_word_is_said(
    make: Made, client: httpx.AsyncClient, tokens: Tokens, deliver: Any, clock: Any
) -> None:
    start = clock.set(now().replace(microsecond=0))
    offer = await make.offer(name="Un film", subcategory_id="SEANCE_CINE", image=True)
    await make.done()
    await deliver(BOOKING, "created", booking_state(1, offer.id, status="CONFIRMED", date_used=None))
    assert await available(client, tokens.native(ME)) == []
    await deliver(BOOKING, "used", booking_state(1, offer.id, date_used=start))
    assert await available(client, tokens.native(ME)) == []
    clock.advance(hours=25)
    (asked,) = await available(client, tokens.native(ME))
    assert asked.pop("image").startswith("http")
    assert asked == {
        "offerId": offer.id,
        "name": "Un film",
        "subcategoryId": "SEANCE_CINE",
        "dateUsed": start.isoformat().replace("+00:00", "Z"),
    }
    assert await available(client, tokens.native(OTHER)) == []
    assert (await react(client, tokens.native(ME), (offer.id, "NO_REACTION"))).status_code == 204
    assert await available(client, tokens.native(ME)) == []


async def test_latest_first_each_offer_once_and_books_after_a_month(
    make: Made, client: httpx.AsyncClient, tokens: Tokens, deliver: Any
) -> None:
    names = ("Film", "Livre lu", "Livre neuf", "Visite")
    offers = [await make.offer(name=name) for name in names]
    await make.done()
    kinds = ("SEANCE_CINE", "LIVRE_PAPIER", "LIVRE_PAPIER", "VISITE")
    for number, (offer, kind, days) in enumerate(zip(offers, kinds, (50, 40, 20, 60), strict=True), start=1):
        used = now() - timedelta(days=days)
        await deliver(BOOKING, "used", booking_state(number, offer.id, subcategory_id=kind, date_used=used))
    await deliver(BOOKING, "used", booking_state(9, offers[0].id, date_used=now() - timedelta(days=30)))
    await deliver(BOOKING, "used", booking_state(10, 999_999))
    assert [asked["name"] for asked in await available(client, tokens.native(ME))] == ["Film", "Livre lu"]


async def test_likes_of_a_product_follow_its_reactions(
    make: Made, client: httpx.AsyncClient, tokens: Tokens, deliver: Any, session: AsyncSession
) -> None:
    product = await make.product(subcategory_id="SEANCE_CINE", likes_count=1)
    first = await make.offer(subcategory_id="SEANCE_CINE", product_id=product.id)
    second = await make.offer(subcategory_id="SEANCE_CINE", product_id=product.id)
    await make.done()
    for number, offer in enumerate((first, second), start=1):
        await deliver(BOOKING, "used", booking_state(number, offer.id, product_id=product.id))
    for offer, kind, likes in (
        (first, "LIKE", 2),
        (first, "LIKE", 2),
        (second, "DISLIKE", 1),
        (second, "NO_REACTION", 1),
        (first, "LIKE", 2),
    ):
        assert (await react(client, tokens.native(ME), (offer.id, kind))).status_code == 204
        assert await session.scalar(select(Product.likes_count)) == likes
        await session.commit()
    (reaction,) = (await session.scalars(select(Reaction))).all()
    assert (reaction.product_id, reaction.offer_id, reaction.reaction_type) == (product.id, None, ReactionType.LIKE)
    assert (await client.get(f"/native/v3/offer/{first.id}")).json()["reactionsCount"] == {"likes": 2}


async def test_likes_of_an_offer_without_product(
    make: Made, client: httpx.AsyncClient, tokens: Tokens, deliver: Any
) -> None:
    offer = await make.offer(subcategory_id="SEANCE_CINE")
    await make.done()
    for number, user in enumerate((ME, OTHER), start=1):
        await deliver(BOOKING, "used", booking_state(number, offer.id, user_id=user))
        assert (await react(client, tokens.native(user), (offer.id, "LIKE"))).status_code == 204
    assert (await client.get(f"/native/v3/offer/{offer.id}")).json()["reactionsCount"] == {"likes": 2}


@pytest.mark.parametrize(
    ("values", "code"),
    [
        (None, "OFFER_NOT_BOOKED"),
        ({"user_id": OTHER}, "OFFER_NOT_BOOKED"),
        ({"status": "CANCELLED"}, "OFFER_NOT_BOOKED"),
        ({"status": "CONFIRMED", "date_used": None}, "CAN_NOT_REACT"),
        ({"subcategory_id": "VISITE"}, "CAN_NOT_REACT"),
    ],
)
async def test_refusals_refuse_the_whole(
    make: Made,
    client: httpx.AsyncClient,
    tokens: Tokens,
    deliver: Any,
    session: AsyncSession,
    values: dict[str, Any] | None,
    code: str,
) -> None:
    good, bad = await make.offer(), await make.offer()
    await make.done()
    await deliver(BOOKING, "used", booking_state(1, good.id))
    if values is not None:
        await deliver(BOOKING, "used", booking_state(2, bad.id, **values))
    answer = await react(client, tokens.native(ME), (good.id, "LIKE"), (bad.id, "LIKE"))
    assert (answer.status_code, answer.json()) == (400, {"code": code})
    assert (await session.scalars(select(Reaction))).all() == []


BAD_BODIES: list[dict[str, Any]] = [
    {},
    {"reactions": None},
    {"reactions": [{"offerId": 1}]},
    {"reactions": [{"offerId": 1, "reactionType": "LOVE"}]},
    {"reactions": [{"offerId": "x", "reactionType": "LIKE"}]},
    {"reactions": [{"offerId": 2**63, "reactionType": "LIKE"}]},
    {"reactions": [{"offerId": 1, "reactionType": "LIKE"}] * 101},
]


async def test_bad_bodies(client: httpx.AsyncClient, tokens: Tokens) -> None:
    for body in BAD_BODIES:
        assert (await client.post(URL, json=body, headers=tokens.native(ME))).status_code == 400, body


async def test_old_news_of_a_booking_is_ignored(deliver: Any, session: AsyncSession) -> None:
    await deliver(BOOKING, "cancelled", booking_state(1, 5, status="CANCELLED"), version=10)
    await deliver(BOOKING, "created", booking_state(1, 5, status="CONFIRMED"), version=9)
    (row,) = (await session.scalars(select(BookingReplica))).all()
    assert (row.status, row.version, row.user_id, row.offer_id) == ("CANCELLED", 10, ME, 5)


async def test_asking_costs_a_few_statements(
    make: Made, client: httpx.AsyncClient, tokens: Tokens, deliver: Any, statements: Any
) -> None:
    offers = [await make.offer(subcategory_id="SEANCE_CINE") for _ in range(4)]
    await make.done()
    counts = set()
    for number, offer in enumerate(offers, start=1):
        await deliver(BOOKING, "used", booking_state(number, offer.id))
        with statements() as seen:
            await available(client, tokens.native(ME))
        counts.add(len(seen))
    assert counts == {3}


def facts(status: str = "USED", subcategory: str = "LIVRE_PAPIER", used: datetime | None = None) -> BookingFacts:
    return BookingFacts(1, None, subcategory, status, used)


def test_any_good_booking_will_do() -> None:
    good = facts(used=now())
    assert check_may_react([facts("CANCELLED"), facts("CONFIRMED"), good]) is good
    with pytest.raises(ApiError):
        check_may_react([])


def test_when_to_ask() -> None:
    assert asked_after("SEANCE_CINE") == timedelta(hours=24)
    assert asked_after("LIVRE_PAPIER") == asked_after("SUPPORT_PHYSIQUE_MUSIQUE_CD") == timedelta(days=31)


@pytest.mark.parametrize("before", [None, *ReactionType])
@pytest.mark.parametrize("after", list(ReactionType))
def test_a_like_is_counted_once(before: ReactionType | None, after: ReactionType) -> None:
    count = int(before is ReactionType.LIKE) + likes_change(before, after)
    assert count == int(after is ReactionType.LIKE)
