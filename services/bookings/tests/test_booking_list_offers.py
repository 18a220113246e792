"""The days of an offer and its files, the filters of the list and its pages, against PostgreSQL."""

from __future__ import annotations

import csv
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import httpx
import pytest
from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncSession

from bookings.booking.actions import book
from bookings.booking.models import Booking
from bookings.factories import AttachmentFactory, OffererFactory, UserFactory, create_beneficiary, create_stock
from bookings.replicas.models import OffererReplica, OfferReplica, StockReplica, UserReplica
from shared.database import Database
from shared.testing.recorders import ClockControl, Tokens

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
PARTNER, STRANGER = 501, 502
PERIOD = {"bookingPeriodBeginningDate": "2026-05-01", "bookingPeriodEndingDate": "2026-06-30"}
# 22:00 in Paris on the 20th; 22:30 UTC is half past midnight on the 21st.
EVENING = datetime(2026, 6, 20, 20, tzinfo=UTC)
MIDNIGHT = datetime(2026, 6, 20, 22, 30, tzinfo=UTC)

Get = Callable[..., Awaitable[httpx.Response]]
Sell = Callable[..., Awaitable[int]]


@pytest.fixture(autouse=True)
def _fixed(clock: ClockControl) -> None:
    clock.set(NOW)


@pytest.fixture
async def offerer(session: AsyncSession) -> OffererReplica:
    made = await OffererFactory.create(session)
    await AttachmentFactory.create(session, user_id=PARTNER, offerer_id=made.id)
    await session.commit()
    return made


@pytest.fixture
async def evening(session: AsyncSession, offerer: OffererReplica) -> StockReplica:
    """A concert of the partner on the evening of the 20th."""
    stock = await create_stock(
        session, offerer=offerer, offer__name="Concert", beginning_datetime=EVENING, price_category_id=1
    )
    await session.commit()
    return stock


@pytest.fixture
def another(session: AsyncSession, evening: StockReplica) -> Callable[..., Awaitable[StockReplica]]:
    """Another stock of the same concert."""

    async def make(**overrides: Any) -> StockReplica:
        offer = await session.get_one(OfferReplica, evening.offer_id)
        stock = await create_stock(session, offer=offer, **overrides)
        await session.commit()
        return stock

    return make


@pytest.fixture
def sell(database: Database, session: AsyncSession) -> Sell:
    """Book a stock for somebody new; the booking's id."""

    async def make(stock: StockReplica, quantity: int = 1, **values: Any) -> int:
        holder = await create_beneficiary(session)
        await session.commit()
        booked = await book(database.pool, user_id=holder.id, stock_id=stock.id, quantity=quantity)
        if values:
            await session.execute(update(Booking).where(Booking.id == booked.id).values(**values))
            await session.commit()
        return booked.id

    return make


@pytest.fixture
def get(client: httpx.AsyncClient, tokens: Tokens) -> Get:
    async def send(path: str, user_id: int = PARTNER, **params: Any) -> httpx.Response:
        return await client.get(path, params=params, headers=tokens.pro(user_id))

    return send


def rows_of(answer: httpx.Response) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.text
    headers, *rows = csv.reader(StringIO(answer.content.decode("utf-8-sig"), newline=""), delimiter=";")
    return [dict(zip(headers, row, strict=True)) for row in rows]


async def test_the_days_of_an_offer_count_times_and_prices(
    session: AsyncSession, evening: StockReplica, another: Callable[..., Awaitable[StockReplica]], sell: Sell, get: Get
) -> None:
    same_time = await another(beginning_datetime=EVENING, price_category_id=2)
    earlier = await another(beginning_datetime=EVENING - timedelta(hours=4), price_category_id=2)
    next_day = await another(beginning_datetime=MIDNIGHT, price_category_id=1)
    await another(beginning_datetime=EVENING + timedelta(days=9), price_category_id=1)
    deleted = await another(beginning_datetime=EVENING + timedelta(days=10), price_category_id=1)
    for stock in (evening, same_time, earlier, next_day, deleted):
        await sell(stock)
    deleted.is_soft_deleted = True
    await session.commit()
    answer = await get(f"/bookings/dates/{evening.offer_id}")
    assert answer.json() == [
        {"eventDate": "2026-06-20", "scheduleCount": 2, "priceCategoriesCount": 2},
        {"eventDate": "2026-06-21", "scheduleCount": 1, "priceCategoriesCount": 1},
    ]


async def test_the_file_of_an_event_tells_its_day_seat_by_seat(
    evening: StockReplica, another: Callable[..., Awaitable[StockReplica]], sell: Sell, get: Get
) -> None:
    await sell(evening, 2)
    await sell(evening, status="USED", date_used=NOW, cancellation_limit_date=NOW + timedelta(days=1))
    await sell(evening, status="CANCELLED", cancellation_date=NOW, cancellation_reason="BENEFICIARY")
    await sell(evening, cancellation_limit_date=NOW - timedelta(minutes=1))
    await sell(await another(beginning_datetime=MIDNIGHT))
    path = f"/bookings/offer/{evening.offer_id}/csv"
    everything = rows_of(await get(path, status="all", eventDate="2026-06-20"))
    assert [(row["Statut de la contremarque"], row["Duo"]) for row in everything] == [
        ("réservé", "DUO 1"),
        ("réservé", "DUO 2"),
        ("validé", "Non"),
        ("annulé", "Non"),
        ("confirmé", "Non"),
    ]
    assert {row["Date de l'évènement"] for row in everything} == {"2026-06-20 22:00:00+02:00"}
    assert {row["Localisation"] for row in everything} == {"Théâtre des Lilas - 12 rue des Lilas 75011 Paris"}
    validated = rows_of(await get(path, status="validated", eventDate="2026-06-20"))
    assert [row["Statut de la contremarque"] for row in validated] == ["validé", "confirmé"]
    assert len(rows_of(await get(path, status="all", eventDate="2026-06-21"))) == 1
    assert rows_of(await get(path, status="all", eventDate="2026-06-22")) == []
    workbook = await get(f"/bookings/offer/{evening.offer_id}/excel", status="all", eventDate="2026-06-20")
    assert workbook.status_code == 200
    assert workbook.headers["content-disposition"] == 'attachment; filename="reservations_pass_culture.xlsx"'


@pytest.mark.parametrize("kind", ["csv", "excel"])
async def test_the_files_of_an_offer_are_its_partners_alone(evening: StockReplica, get: Get, kind: str) -> None:
    asked = {"status": "all", "eventDate": "2026-06-20"}
    path = f"/bookings/offer/{evening.offer_id}/{kind}"
    refused = await get(path, STRANGER, **asked)
    assert (refused.status_code, list(refused.json())) == (403, ["global"])
    assert (await get(f"/bookings/offer/999999/{kind}", **asked)).status_code == 404
    assert (await get(f"/bookings/offer/{2**70}/{kind}", **asked)).status_code == 404
    wrong: list[dict[str, str]] = [
        {"status": "all"},
        {"eventDate": "2026-06-20"},
        asked | {"status": "lost"},
        asked | {"eventDate": "9999-12-31"},
    ]
    for params in wrong:
        answer = await get(path, **params)
        assert answer.status_code == 400, params


async def test_the_list_is_filtered_by_everything_that_may_be_asked(
    session: AsyncSession, evening: StockReplica, offerer: OffererReplica, sell: Sell, get: Get
) -> None:
    elsewhere = await create_stock(
        session,
        offerer=await _second_structure(session),
        offer__name="Ailleurs",
        offer__address_id=77,
        beginning_datetime=MIDNIGHT,
    )
    await session.commit()
    await sell(evening)
    await sell(elsewhere)
    offer = await session.get_one(OfferReplica, elsewhere.offer_id)
    asked: list[dict[str, Any]] = [
        {"offererId": offer.offerer_id},
        {"venueId": offer.venue_id},
        {"offerId": offer.id},
        {"offererAddressId": 77},
        {"eventDate": "2026-06-21"},
    ]
    for filters in asked:
        listed = (await get("/bookings/pro", **(PERIOD | filters))).json()
        assert [line["stock"]["offerName"] for line in listed["bookingsRecap"]] == ["Ailleurs"], filters
        # A file holds what the list shows: the reference forgot one of the filters there.
        assert [row["Nom de l’offre"] for row in rows_of(await get("/bookings/csv", **(PERIOD | filters)))] == [
            "Ailleurs"
        ]
    both = (await get("/bookings/pro", **PERIOD)).json()
    assert both["total"] == 2
    # The day of the event is enough to ask for.
    assert (await get("/bookings/pro", eventDate="2026-06-20")).json()["total"] == 1


async def _second_structure(session: AsyncSession) -> OffererReplica:
    made = await OffererFactory.create(session)
    await AttachmentFactory.create(session, user_id=PARTNER, offerer_id=made.id)
    return made


async def test_a_page_holds_a_thousand_seats(session: AsyncSession, evening: StockReplica, get: Get) -> None:
    people = [UserFactory.build() for _ in range(501)]
    offer = await session.get_one(OfferReplica, evening.offer_id)
    await session.execute(insert(UserReplica), [_columns(person) for person in people])
    await session.execute(
        insert(Booking),
        [
            {
                "user_id": person.id,
                "stock_id": evening.id,
                "offer_id": offer.id,
                "venue_id": offer.venue_id,
                "offerer_id": offer.offerer_id,
                "token": f"T{number:05}",
                "status": "CONFIRMED",
                "quantity": 2,
                "amount_cents": 0,
                "date_created": NOW - timedelta(minutes=number),
            }
            for number, person in enumerate(people)
        ],
    )
    await session.commit()
    first, second, third = [(await get("/bookings/pro", **PERIOD, page=page)).json() for page in (1, 2, 3)]
    assert [(page["total"], page["pages"]) for page in (first, second, third)] == [(1002, 2)] * 3
    assert [len(page["bookingsRecap"]) for page in (first, second, third)] == [1000, 2, 0]
    assert [line["bookingToken"] for line in first["bookingsRecap"][:3]] == ["T00000", "T00000", "T00001"]
    assert [line["bookingToken"] for line in second["bookingsRecap"]] == ["T00500", "T00500"]
    assert len(rows_of(await get("/bookings/csv", **PERIOD))) == 1002


def _columns(person: UserReplica) -> dict[str, Any]:
    return {column.name: getattr(person, column.name) for column in UserReplica.__table__.columns}
