"""A service that is away takes nothing with it but its own routes."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from tests.journeys.people import portal, signed_in, until
from tests.journeys.stage import booked, thing_for_sale

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("platform")]


async def test_without_users_and_offers_people_still_book_and_desks_still_validate(new_client, surfaces, platform):
    partner = await portal(new_client(), surfaces)
    first = await thing_for_sale(partner, "Feutres d’hiver", price=3.0)
    second = await thing_for_sale(partner, "Feutres d’été", price=3.0)
    person = await signed_in(new_client(), surfaces)
    # `bookings` has heard of both, and the gateway knows the portal's session.
    await booked(person, first.stock_id)
    await until(lambda: _heard_of(person, second.stock_id))
    await partner.get("/bookings/pro/userHasBookings")

    stopped = [f"{service}-{kind}" for service in ("users", "offers") for kind in ("api", "worker")]
    for name in stopped:
        platform.halt(name)
    try:
        booking_id = await booked(person, second.stock_id)
        token = (await person.get(f"/native/v2/bookings/{booking_id}"))["ticket"]["token"]["data"]
        await partner.call("PATCH", f"/bookings/use/token/{token}", 204)
        for caller, path in ((person, f"/native/v3/offer/{first.offer_id}"), (partner, "/venues")):
            refused = await caller.call("GET", path, 503)
            assert int(refused.headers["retry-after"]) > 0
            assert list(refused.json()) == ["global"]
    finally:
        for name in stopped:
            platform.restart(name)

    assert (await person.get(f"/native/v3/offer/{first.offer_id}"))["id"] == first.offer_id
    me = await person.get("/native/v1/me")
    assert me["bookedOffers"][str(second.offer_id)] == booking_id

    async def counted() -> bool:
        stocks = (await person.get(f"/native/v3/offer/{second.offer_id}"))["stocks"]
        return stocks[0]["remainingQuantity"] == 19

    # What happened meanwhile arrives.
    await until(counted)


async def _heard_of(person, stock_id: int) -> bool:
    """Whether `bookings` knows a stock: it refuses an impossible quantity for its own reason."""
    answer = await person.call("POST", "/native/v1/bookings", 400, json={"stockId": stock_id, "quantity": 2})
    return list(answer.json()) == ["quantity"]


async def test_me_lives_without_the_wallet(new_client, surfaces, platform):
    person = await signed_in(new_client(), surfaces)
    platform.halt("bookings-api")
    try:
        me = await person.get("/native/v1/me")
        assert (me["domainsCredit"], me["bookedOffers"]) == (None, {})
        await person.call("GET", "/native/v2/bookings", 503)
    finally:
        platform.restart("bookings-api")
    assert (await person.get("/native/v1/me"))["domainsCredit"] is not None


async def test_a_start_is_never_seen_half_done(new_client, surfaces, platform):
    """The portal's burst while the door opens: whole answers or 503, nothing between."""
    partner = await portal(new_client(), surfaces)
    structure = (await partner.get("/offerers/names"))["offerersNames"][0]["id"]
    paths = [
        "/features",
        "/users/current",
        "/offerers/names",
        "/venues",
        f"/offerers/{structure}",
        "/offers/categories",
    ]
    for name in ("offers-api", "gateway"):
        platform.halt(name)
    # From this thread: a child ends with the thread that started it.
    for name in ("gateway", "offers-api"):
        platform.begin(name)

    async def ask(path: str) -> None:
        try:
            answer = await partner.call("GET", path)
        except httpx.TransportError:
            return
        assert answer.status_code in (200, 503), f"{path}: {answer.status_code} {answer.text[:200]}"

    async def ready() -> bool:
        await asyncio.gather(*(ask(path) for path in paths * 5))
        return await asyncio.to_thread(platform.is_ready)

    await until(ready, deadline=60.0)
    await asyncio.gather(*(partner.call("GET", path, 200) for path in paths))
