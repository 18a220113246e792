"""The portal's list of bookings against PostgreSQL: visibility, filters, zones, duo lines, statements."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from bookings.booking import actions
from bookings.booking.models import Booking
from bookings.factories import AttachmentFactory, OffererFactory, create_beneficiary, create_stock
from bookings.replicas.models import OffererReplica
from shared.database import Database
from shared.testing.recorders import ClockControl, StatementCounter, Tokens

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
PARTNER = 501
PERIOD = {"bookingPeriodBeginningDate": "2026-05-01", "bookingPeriodEndingDate": "2026-06-30"}

Sell = Callable[..., Awaitable[int]]
Get = Callable[..., Awaitable[httpx.Response]]


@pytest.fixture(autouse=True)
def _fixed(clock: ClockControl) -> None:
    clock.set(NOW)


@pytest.fixture
async def offerer(session: AsyncSession) -> OffererReplica:
    """An offerer that PARTNER acts for."""
    made = await OffererFactory.create(session)
    await AttachmentFactory.create(session, user_id=PARTNER, offerer_id=made.id)
    await session.commit()
    return made


@pytest.fixture
def sell(database: Database, session: AsyncSession, offerer: OffererReplica) -> Sell:
    async def make(quantity: int = 1, user: dict[str, Any] | None = None, **stock: Any) -> int:
        holder = await create_beneficiary(session, **(user or {}))
        made = await create_stock(session, **({"offerer": offerer} | stock))
        await session.commit()
        return (await actions.book(database.pool, user_id=holder.id, stock_id=made.id, quantity=quantity)).id

    return make


@pytest.fixture
def get(client: httpx.AsyncClient, tokens: Tokens) -> Get:
    async def send(path: str, user_id: int = PARTNER, **params: Any) -> httpx.Response:
        return await client.get(path, params=params, headers=tokens.pro(user_id))

    return send


async def lines(get: Get, **params: Any) -> list[dict[str, Any]]:
    answer = await get("/bookings/pro", **(PERIOD | params))
    assert answer.status_code == 200, answer.text
    return answer.json()["bookingsRecap"]


async def test_a_line_a_seat_newest_first(sell: Sell, get: Get, clock: ClockControl) -> None:
    await sell(offer__name="Ancienne", offer__thing=True, price_cents=500)
    clock.advance(hours=1)
    await sell(2, offer__name="Duo", price_cents=1250)
    found = await lines(get)
    assert [line["stock"]["offerName"] for line in found] == ["Duo", "Duo", "Ancienne"]
    assert [line["bookingAmount"] for line in found] == [12.5, 12.5, 5.0]
    assert [line["bookingIsDuo"] for line in found] == [True, True, False]
    # The code of a counter purchase is not shown before it is validated; an event's is.
    assert [bool(line["bookingToken"]) for line in found] == [True, True, False]


async def test_only_validated_attachments_see(
    sell: Sell, get: Get, session: AsyncSession, offerer: OffererReplica
) -> None:
    await sell(offer__thing=True)
    await AttachmentFactory.create(session, user_id=502, offerer_id=offerer.id, validation_status="NEW")
    await session.commit()
    assert len((await get("/bookings/pro", PARTNER, **PERIOD)).json()["bookingsRecap"]) == 1
    for stranger in (502, 503):
        assert (await get("/bookings/pro", stranger, **PERIOD)).json()["bookingsRecap"] == []
        assert (await get("/bookings/pro/userHasBookings", stranger)).json() == {"hasBookings": False}
    assert (await get("/bookings/pro/userHasBookings")).json() == {"hasBookings": True}


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"bookingPeriodBeginningDate": "2026-05-01"},
        {"bookingPeriodEndingDate": "2026-05-01"},
        {"bookingPeriodBeginningDate": "0001-01-01", "bookingPeriodEndingDate": "2026-05-01"},
        PERIOD | {"bookingPeriodBeginningDate": "yesterday"},
        PERIOD | {"page": "0"},
        PERIOD | {"offerId": "x"},
        PERIOD | {"bookingStatusFilter": "eaten"},
    ],
)
async def test_filters_that_make_no_sense(get: Get, params: dict[str, str]) -> None:
    assert (await get("/bookings/pro", **params)).status_code == 400


async def test_days_are_those_of_the_offers_zone(sell: Sell, get: Get, clock: ClockControl) -> None:
    # 23:30 in Cayenne on the 31st is the 1st already in Paris.
    clock.set(datetime(2026, 6, 1, 2, 30, tzinfo=UTC))
    cayenne = {
        "street": "1 rue de Rémire",
        "postal_code": "97300",
        "city": "Cayenne",
        "department_code": "973",
        "timezone": "America/Cayenne",
        "label": None,
        "id": 7,
        "coordinates": {"latitude": 4.9, "longitude": -52.3},
    }
    await sell(
        offer__name="Guyane",
        offer__address=cayenne,
        offer__timezone="America/Cayenne",
        venue__timezone="America/Cayenne",
        venue__address=cayenne,
    )
    await sell(offer__name="Paris")
    last_of_may = {"bookingPeriodBeginningDate": "2026-05-31", "bookingPeriodEndingDate": "2026-05-31"}
    assert [line["stock"]["offerName"] for line in await lines(get, **last_of_may)] == ["Guyane"]
    first_of_june = {"bookingPeriodBeginningDate": "2026-06-01", "bookingPeriodEndingDate": "2026-06-01"}
    [line] = await lines(get, **first_of_june)
    assert (line["stock"]["offerName"], line["bookingDate"]) == ("Paris", "2026-06-01T04:30:00+02:00")
    # Bounds the wrong way round are turned.
    turned = {"bookingPeriodBeginningDate": "2026-06-30", "bookingPeriodEndingDate": "2026-05-01"}
    assert len(await lines(get, **turned)) == 2


async def test_the_status_shown_and_its_history(sell: Sell, get: Get, session: AsyncSession) -> None:
    used = await sell(offer__thing=True)
    await session.execute(
        update(Booking).where(Booking.id == used).values(status="USED", date_used=NOW + timedelta(hours=2))
    )
    await session.commit()
    [line] = await lines(get, bookingStatusFilter="validated")
    assert line["bookingStatus"] == "validated"
    assert [step["status"] for step in line["bookingStatusHistory"]] == ["booked", "validated"]
    assert line["bookingToken"]


async def test_the_list_costs_the_same_whatever_its_length(sell: Sell, get: Get, statements: StatementCounter) -> None:
    await sell(offer__thing=True)
    with statements() as one:
        assert len(await lines(get)) == 1
    for _ in range(6):
        await sell(offer__thing=True)
    with statements() as seven:
        assert len(await lines(get)) == 7
    assert len(seven) == len(one)


async def test_days_of_an_offer(sell: Sell, get: Get, session: AsyncSession, offerer: OffererReplica) -> None:
    stock = await create_stock(session, offerer=offerer, beginning_datetime=NOW + timedelta(days=9))
    await session.commit()
    offer_id = stock.offer_id
    assert (await get(f"/bookings/dates/{offer_id}")).json() == []
    assert (await get("/bookings/dates/999999")).status_code == 404
    assert (await get(f"/bookings/dates/{offer_id}", 502)).status_code == 403


async def test_exports_hold_what_the_list_shows(sell: Sell, get: Get) -> None:
    await sell(2, offer__name="=1+1", price_cents=1250, user={"first_name": "Zoé"})
    csv = await get("/bookings/csv", **PERIOD)
    assert csv.status_code == 200
    assert csv.content.startswith(b"\xef\xbb\xbf")
    text = csv.content.decode("utf-8-sig")
    assert text.count("\r\n") == 3
    assert "Zoé" in text
    # A name that a spreadsheet would compute is text.
    assert '"=1+1"' not in text
    excel = await get("/bookings/excel", **PERIOD)
    assert excel.content.startswith(b"PK")
