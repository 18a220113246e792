"""The desk against PostgreSQL: who may validate what, every refusal, two desks at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bookings.booking import actions
from bookings.booking.models import Booking
from bookings.factories import ActivationCodeFactory, AttachmentFactory, create_beneficiary, create_stock
from bookings.replicas.models import OffererReplica, OfferReplica, StockReplica, VenueReplica
from shared.database import Database
from shared.testing.recorders import ClockControl, EventRecorder, Tokens

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
PARTNER = 501


@dataclass(frozen=True)
class Sold:
    id: int
    token: str
    offerer_id: int
    offer_id: int


Sell = Callable[..., Awaitable[Sold]]
Call = Callable[..., Awaitable[httpx.Response]]


@pytest.fixture(autouse=True)
def _fixed(clock: ClockControl) -> None:
    clock.set(NOW)


@pytest.fixture
def sell(database: Database, session: AsyncSession) -> Sell:
    """Sells one seat of a new stock to a new beneficiary; PARTNER is attached to its offerer, validated."""

    async def make(*, attachment: str | None = "VALIDATED", codes: bool = False, **stock: Any) -> Sold:
        user = await create_beneficiary(session)
        made = await create_stock(session, **stock)
        if codes:
            await ActivationCodeFactory.create(session, stock_id=made.id)
        offer, venue = (
            await session.execute(
                select(OfferReplica, VenueReplica)
                .join(StockReplica, StockReplica.offer_id == OfferReplica.id)
                .join(VenueReplica, VenueReplica.id == OfferReplica.venue_id)
                .where(StockReplica.id == made.id)
            )
        ).one()
        if attachment is not None:
            await AttachmentFactory.create(
                session, user_id=PARTNER, offerer_id=venue.offerer_id, validation_status=attachment
            )
        await session.commit()
        booked = await actions.book(database.pool, user_id=user.id, stock_id=made.id, quantity=1)
        return Sold(booked.id, booked.token, venue.offerer_id, offer.id)

    return make


@pytest.fixture
def call(client: httpx.AsyncClient, tokens: Tokens) -> Call:
    async def send(method: str, path: str, user_id: int = PARTNER, **claims: Any) -> httpx.Response:
        return await client.request(method, path, headers=tokens.pro(user_id, **claims))

    return send


async def change(session: AsyncSession, sold: Sold, **values: Any) -> None:
    await session.execute(update(Booking).where(Booking.id == sold.id).values(**values))
    await session.commit()


async def row(session: AsyncSession, sold: Sold) -> Booking:
    return (
        await session.execute(
            select(Booking).where(Booking.id == sold.id), execution_options={"populate_existing": True}
        )
    ).scalar_one()


async def test_a_thing_is_looked_at_validated_and_taken_back(
    sell: Sell, call: Call, session: AsyncSession, events: EventRecorder
) -> None:
    sold = await sell(price_cents=1290, offer__name="Le Livre", offer__thing=True)
    shown = await call("GET", f"/bookings/token/{sold.token.lower()}")
    assert shown.status_code == 200
    body = shown.json()
    assert (body["offerName"], body["price"], body["quantity"], body["isUsed"]) == ("Le Livre", 12.9, 1, False)
    assert (body["offerType"], body["datetime"], body["offerId"]) == ("BIEN", "", sold.offer_id)

    assert (await call("PATCH", f"/bookings/use/token/{sold.token}")).status_code == 204
    used = await row(session, sold)
    assert (used.status, used.date_used, used.validation_author_type) == ("USED", NOW, "OFFERER")

    assert (await call("PATCH", f"/bookings/keep/token/{sold.token}")).status_code == 204
    kept = await row(session, sold)
    assert (kept.status, kept.date_used) == ("CONFIRMED", None)
    assert (await events.names())[-2:] == ["booking.used", "booking.unused"]


@pytest.mark.parametrize("path", ["/bookings/token", "/bookings/use/token", "/bookings/keep/token"])
async def test_unknown_foreign_and_unvalidated_read_the_same(sell: Sell, call: Call, path: str) -> None:
    method = "GET" if path == "/bookings/token" else "PATCH"
    foreign = await sell(attachment=None)
    waiting = await sell(attachment="NEW")
    answers = [await call(method, f"{path}/{token}") for token in ("ZZZZZZ", "x", foreign.token, waiting.token)]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.text for answer in answers}) == 1
    assert list(answers[0].json()) == ["global"]


async def test_an_administrator_sees_every_structure(sell: Sell, call: Call) -> None:
    sold = await sell(attachment=None, offer__thing=True)
    assert (await call("GET", f"/bookings/token/{sold.token}", 777, roles=["ADMIN"])).status_code == 200


async def test_nobody(client: httpx.AsyncClient, tokens: Tokens) -> None:
    assert (await client.get("/bookings/token/AAAAAA")).status_code == 401
    assert (await client.get("/bookings/token/AAAAAA", headers=tokens.native(PARTNER))).status_code == 401


@pytest.mark.parametrize(
    ("values", "status", "key"),
    [
        ({"status": "USED", "date_used": NOW}, 410, "booking"),
        ({"status": "REIMBURSED", "date_used": NOW}, 403, "payment"),
        (
            {"status": "CANCELLED", "cancellation_date": NOW, "cancellation_reason": "BENEFICIARY"},
            410,
            "booking_cancelled",
        ),
    ],
)
async def test_what_cannot_be_validated_says_why(
    sell: Sell,
    call: Call,
    session: AsyncSession,
    events: EventRecorder,
    values: dict[str, Any],
    status: int,
    key: str,
) -> None:
    sold = await sell(offer__thing=True)
    await change(session, sold, **values)
    told = await events.names()
    for method, path in (("GET", "/bookings/token"), ("PATCH", "/bookings/use/token")):
        answer = await call(method, f"{path}/{sold.token}")
        assert (answer.status_code, list(answer.json())) == (status, [key])
    assert await events.names() == told


async def test_an_event_waits_until_nobody_can_cancel(sell: Sell, call: Call, clock: ClockControl) -> None:
    sold = await sell(beginning_datetime=NOW + timedelta(days=10), booking_limit_datetime=None)
    early = await call("PATCH", f"/bookings/use/token/{sold.token}")
    assert (early.status_code, list(early.json())) == (403, ["booking"])
    # 48 hours after the booking, as the clocks of the offer's zone show it.
    assert "03/06/2026 à 14:00" in early.json()["booking"][0]
    clock.advance(hours=48)
    assert (await call("PATCH", f"/bookings/use/token/{sold.token}")).status_code == 204


async def test_a_closed_structure_validates_nothing(sell: Sell, call: Call, session: AsyncSession) -> None:
    sold = await sell(offer__thing=True)
    await session.execute(
        update(OffererReplica).where(OffererReplica.id == sold.offerer_id).values(validation_status="CLOSED")
    )
    await session.commit()
    answer = await call("PATCH", f"/bookings/use/token/{sold.token}")
    assert (answer.status_code, list(answer.json())) == (403, ["booking"])


@pytest.mark.parametrize(
    ("values", "status", "key"),
    [
        ({}, 410, "booking"),
        ({"status": "REIMBURSED", "date_used": NOW}, 410, "payment"),
        ({"status": "CANCELLED", "cancellation_date": NOW, "cancellation_reason": "OFFERER"}, 410, "booking"),
    ],
)
async def test_what_cannot_be_taken_back_says_why(
    sell: Sell, call: Call, session: AsyncSession, values: dict[str, Any], status: int, key: str
) -> None:
    sold = await sell(offer__thing=True)
    if values:
        await change(session, sold, **values)
    answer = await call("PATCH", f"/bookings/keep/token/{sold.token}")
    assert (answer.status_code, list(answer.json())) == (status, [key])


async def test_an_activation_code_is_not_taken_back(sell: Sell, call: Call) -> None:
    sold = await sell(codes=True, has_activation_codes=True, offer__url="https://example.com/film", quantity=1)
    answer = await call("PATCH", f"/bookings/keep/token/{sold.token}")
    assert (answer.status_code, list(answer.json())) == (403, ["booking"])


async def test_two_desks_at_once_validate_once(
    sell: Sell, call: Call, events: EventRecorder, session: AsyncSession
) -> None:
    for _ in range(5):
        sold = await sell(offer__thing=True)
        answers = await asyncio.gather(*(call("PATCH", f"/bookings/use/token/{sold.token}") for _ in range(4)))
        assert sorted(answer.status_code for answer in answers) == [204, 410, 410, 410]
    assert len(await events.published("booking.used")) == 5
