"""What no form sends: refused in the contract's words, never a failure of ours, and nothing written."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from offers.offers.models import Offer
from offers.stocks.models import Stock
from offers.venues.models import Venue

from .conftest import UNKNOWN, Portal, later

ODD: list[Any] = [
    None,
    True,
    -1,
    2**31,
    10**30,
    1.5,
    "",
    "x" * 5_000,
    "𝕌 %'; --",
    "9999-12-31T23:59:59Z",
    "0001-01-01T00:00:00+14:00",
    [[]],
    {"a": {"b": []}},
]

PATCHED = (
    "name", "description", "durationMinutes", "extraData", "isDuo", "isNational", "location", "url", "videoUrl",
    "bookingContact", "bookingEmail", "externalTicketOfficeUrl", "withdrawalDelay", "withdrawalDetails",
    "withdrawalType", "subcategoryId", "publicationDatetime", "bookingAllowedDatetime", "artistOfferLinks",
    "audioDisabilityCompliant", "shouldSendMail",
)  # fmt: skip


async def test_patching_an_offer_with_odd_values(partner: Portal, venue: Venue) -> None:
    offer = await partner.draft(venue)
    bodies: list[dict[str, Any]] = [{field: value} for field in PATCHED for value in ODD]
    bodies += [{"extraData": {"speaker": value}} for value in ODD]
    for body in bodies:
        answer = await partner.call("PATCH", f"/offers/{offer['id']}", json=body)
        assert answer.status_code in (200, 400), (body, answer.text)


async def test_odd_places(partner: Portal, venue: Venue) -> None:
    offer = await partner.draft(venue)
    place = {"street": "1 rue", "postalCode": "75001", "city": "Paris", "latitude": 48.8, "longitude": 2.3}
    for field in (*place, "banId", "inseeCode", "label", "isManualEdition", "isVenueLocation"):
        for value in [*ODD[:9], "NaN", "1e400", "90", "48.123456789"]:
            body = json.dumps({"location": {**place, field: value}})
            answer = await partner.call("PATCH", f"/offers/{offer['id']}", content=body)
            assert answer.status_code in (200, 400), (field, value, answer.text)


async def test_odd_stocks(partner: Portal, venue: Venue, session: AsyncSession) -> None:
    thing = await partner.draft(venue, "MATERIEL_ART_CREATIF")
    stock = {"offerId": thing["id"], "price": 10}
    fields = ("id", "offerId", "price", "quantity", "bookingLimitDatetime", "activationCodes")
    for field in (*fields, "activationCodesExpirationDatetime"):
        for value in [*ODD, "1e3", "1e400", "-0", "0.001", "12,5"]:
            answer = await partner.call(
                "PATCH", f"/offers/{thing['id']}/stocks/", json={"stocks": [{**stock, field: value}]}
            )
            assert answer.status_code in (200, 400), (field, value, answer.text)
    event = await partner.event(venue, 10)
    before = await session.scalar(select(func.count()).select_from(Stock).where(Stock.offer_id == event["id"]))
    date = {"beginningDatetime": later(days=30), "priceCategoryId": event["priceCategories"][0]["id"]}
    for field in ("beginningDatetime", "bookingLimitDatetime", "priceCategoryId", "quantity"):
        for value in ODD:
            body = {"offerId": event["id"], "stocks": [{**date, field: value}, {**date, "quantity": -1}]}
            answer = await partner.call("POST", "/stocks/bulk", json=body)
            assert answer.status_code == 400, (field, value, answer.text)
    after = await session.scalar(select(func.count()).select_from(Stock).where(Stock.offer_id == event["id"]))
    assert after == before
    for value in ODD:
        for body in ({"priceCategories": value}, {"priceCategories": [{"label": value, "price": 1}]}):
            answer = await partner.call("PUT", f"/offers/{event['id']}/price_categories", json=body)
            assert answer.status_code in (200, 400), (value, answer.text)
        answer = await partner.call(
            "PUT", f"/offers/{event['id']}/price_categories", json={"priceCategories": [{"label": "P", "price": value}]}
        )
        assert answer.status_code in (200, 400), (value, answer.text)


async def test_odd_questions(partner: Portal, venue: Venue) -> None:
    offer = await partner.event(venue, 10)
    names = ("nameOrIsbn", "offererId", "status", "venueId", "categoryId", "creationMode", "periodBeginningDate")
    odd = ["", "\x00", "%\\_", "x" * 3_000, "-1", str(2**63), "9999-12-31", "0001-01-01"]
    for name in (*names, "periodEndingDate", "offererAddressId"):
        for value in odd:
            answer = await partner.call("GET", "/offers", params={name: value})
            assert answer.status_code in (200, 400), (name, value, answer.text)
    for name in ("date", "time", "price_category_id", "order_by", "order_by_desc", "page", "stocks_limit_per_page"):
        for value in [*odd, "23:59:59.999", "24:00"]:
            answer = await partner.call("GET", f"/offers/{offer['id']}/stocks/", params={name: value})
            assert answer.status_code in (200, 400), (name, value, answer.text)
    for order in ("DATE", "TIME", "BEGINNING_DATETIME", "PRICE_CATEGORY_ID", "BOOKING_LIMIT_DATETIME",
                  "REMAINING_QUANTITY", "DN_BOOKED_QUANTITY"):  # fmt: skip
        query = {"order_by": order, "order_by_desc": "true"}
        assert (await partner.ok("GET", f"/offers/{offer['id']}/stocks/", params=query))["totalStockCount"] == 1


@pytest.mark.parametrize("identifier", ["0", "-1", "x", "1.5", str(2**63), str(10**40), "%00", "1%2F2"])
async def test_odd_identifiers_are_unknown(partner: Portal, venue: Venue, identifier: str) -> None:
    for path in ("/offers/{}", "/offers/{}/stocks/", "/offers/{}/stocks-stats", "/venues/{}", "/offerers/{}",
                 "/offerers/{}/headline-offer", "/venues/{}/venue-providers"):  # fmt: skip
        answer = await partner.call("GET", path.format(identifier))
        assert answer.status_code == 404, (path, answer.text)


async def test_bodies_that_are_none(partner: Portal, venue: Venue, session: AsyncSession) -> None:
    calls = (
        ("POST", "/offers"), ("POST", "/v2/offers"), ("PATCH", "/offers/publish"), ("PATCH", "/offers/active-status"),
        ("PATCH", "/offers/all-active-status"), ("POST", "/offers/delete-draft"), ("POST", "/stocks/bulk"),
        ("PATCH", "/stocks/bulk"), ("POST", "/offers/upsert_headline"), ("POST", "/offers/delete_headline"),
    )  # fmt: skip
    for method, path in calls:
        for body in (b"", b"{", b"null", b"[]", b'"x"', b"\xff\xfe", b'{"ids": [1e400]}', b"[" * 2_000):
            answer = await partner.client.request(
                method, path, content=body, headers=partner.headers | {"content-type": "application/json"}
            )
            assert answer.status_code == 400, (path, body, answer.text)
    for form in ({}, {"offerId": "x"}, {"offerId": str(UNKNOWN)}, {"offerId": str(2**70)}):
        answer = await partner.call("POST", "/offers/thumbnails", data=form, files={"thumb": b"x"})
        assert answer.status_code in (400, 404), (form, answer.text)
    assert await session.scalar(select(func.count()).select_from(Offer)) == 0
