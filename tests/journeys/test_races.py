"""Many people want the same seats at the same moment, through the one door."""

from __future__ import annotations

import asyncio
from collections import Counter

import httpx
import pytest

from tests.journeys.crowd import beneficiaries
from tests.journeys.people import Caller, portal, signed_in, until
from tests.journeys.stage import moment, thing_for_sale

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("platform")]

PEOPLE, SEATS = 50, 10
CREDIT, PRICE = 300_00, 12_34


async def test_fifty_for_ten_seats(new_client, surfaces, platform):
    partner = await portal(new_client(), surfaces)
    sale = await thing_for_sale(partner, "Dix carnets numérotés", price=PRICE / 100, quantity=SEATS)
    emails = await beneficiaries(platform, PEOPLE)
    # The app has no cookies: its people may share connections.
    client, few = new_client(), asyncio.Semaphore(4)

    async def enter(email: str) -> Caller:
        async with few:
            return await signed_in(client, surfaces, email)

    people = await asyncio.gather(*(enter(email) for email in emails))
    # Facts of a kind arrive in order: who is last is heard of last.
    await until(lambda: _may_try(people[-1], sale.stock_id))

    barrier = asyncio.Barrier(PEOPLE)

    async def book(person: Caller) -> httpx.Response:
        await barrier.wait()
        return await _answer(person, sale.stock_id)

    answers = await asyncio.gather(*(book(person) for person in people))
    assert Counter(_outcome(answer) for answer in answers) == {"booked": SEATS, "STOCK_NOT_BOOKABLE": PEOPLE - SEATS}

    for person, answer in zip(people, answers, strict=True):
        me = await person.get("/native/v1/me")
        paid = PRICE if answer.status_code == 200 else 0
        assert me["domainsCredit"]["all"] == {"initial": CREDIT, "remaining": CREDIT - paid}
        assert (str(sale.offer_id) in me["bookedOffers"]) == (paid > 0)
    period = {"bookingPeriodBeginningDate": "2015-01-01", "bookingPeriodEndingDate": moment(days=1)[:10]}
    assert (await partner.get("/bookings/pro", params={"offerId": sale.offer_id, **period}))["total"] == SEATS

    async def sold_out() -> bool:
        return (await people[0].get(f"/native/v3/offer/{sale.offer_id}"))["stocks"][0]["isSoldOut"]

    await until(sold_out)


async def _may_try(person: Caller, stock_id: int) -> bool:
    """Whether `bookings` knows the person, their credit and the stock: it refuses two seats for that reason alone."""
    if (await person.get("/native/v1/me"))["domainsCredit"] is None:
        return False
    answer = await person.call("POST", "/native/v1/bookings", json={"stockId": stock_id, "quantity": 2})
    return list(answer.json()) == ["quantity"]


async def _answer(person: Caller, stock_id: int) -> httpx.Response:
    """What becomes of a try. A full house may ask to come again: then nothing was done, and one comes again."""

    async def attempt() -> httpx.Response | None:
        answer = await person.call("POST", "/native/v1/bookings", json={"stockId": stock_id, "quantity": 1})
        return None if answer.status_code == 503 else answer

    found = await until(attempt)
    assert found is not None
    return found


def _outcome(answer: httpx.Response) -> str:
    return "booked" if answer.status_code == 200 else answer.json().get("code", answer.text)
