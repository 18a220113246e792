"""What time does to bookings."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from bookings.audit import broken_laws
from bookings.booking import actions, jobs
from bookings.booking.models import Booking
from bookings.factories import ActivationCodeFactory, create_beneficiary, create_stock
from bookings.replicas.models import StockReplica, UserReplica
from shared.database import Database
from shared.testing.recorders import ClockControl, EventRecorder

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _fixed(clock: ClockControl) -> None:
    clock.set(NOW)


@pytest.fixture(autouse=True)
async def _laws_hold(session: AsyncSession) -> Any:
    yield
    await session.rollback()
    assert await broken_laws(session) == {}


Book = Callable[..., Awaitable[int]]


@pytest.fixture
def book(database: Database, session: AsyncSession) -> Book:
    """Book a stock for somebody new, at an hour of choice."""

    async def make(stock: StockReplica, *, user: UserReplica | None = None, quantity: int = 1) -> int:
        holder = user or await create_beneficiary(session)
        await session.commit()
        return (await actions.book(database.pool, user_id=holder.id, stock_id=stock.id, quantity=quantity)).id

    return make


async def read(session: AsyncSession, booking_id: int) -> Booking:
    await session.commit()
    return await session.get_one(Booking, booking_id, populate_existing=True)


async def test_what_nobody_comes_for_expires(
    session: AsyncSession, database: Database, book: Book, clock: ClockControl, events: EventRecorder
) -> None:
    papers = [await create_stock(session, offer__thing=True) for _ in range(3)]
    discs = await create_stock(session, offer__thing=True, offer__subcategory_id="SUPPORT_PHYSIQUE_MUSIQUE_CD")
    books, disc, concert = (
        [await book(stock) for stock in papers],
        await book(discs),
        await book(await create_stock(session)),
    )
    clock.set(NOW + timedelta(days=10))
    assert await jobs.expire(database, batch=2) == 0
    clock.set(NOW + timedelta(days=11))
    assert await jobs.expire(database, batch=2) == 3
    assert await jobs.expire(database, batch=2) == 0
    assert [(await read(session, one)).cancellation_reason for one in books] == ["EXPIRED"] * 3
    assert len(await events.published("booking.expired")) == 3
    assert await events.published("booking.cancelled") == []
    clock.set(NOW + timedelta(days=31))
    assert await jobs.expire(database) == 1
    assert (await read(session, disc)).status == "CANCELLED"
    assert (await read(session, concert)).status == "CONFIRMED"


async def test_past_events_count_as_used(
    session: AsyncSession, database: Database, book: Book, clock: ClockControl, events: EventRecorder
) -> None:
    event = await book(await create_stock(session, beginning_datetime=NOW + timedelta(days=5)))
    thing = await book(await create_stock(session, offer__thing=True))
    clock.set(NOW + timedelta(days=7))
    assert await jobs.use_past(database) == 0
    clock.advance(seconds=1)
    assert await jobs.use_past(database) == 1
    assert await jobs.use_past(database) == 0
    booking = await read(session, event)
    assert (booking.status, booking.validation_author_type) == ("USED", "AUTO")
    assert (await read(session, thing)).status == "CONFIRMED"
    assert [item["aggregate_id"] for item in await events.published("booking.used")] == [event]


async def test_old_cards_and_codes_are_put_away(
    session: AsyncSession, database: Database, book: Book, clock: ClockControl
) -> None:
    card = await book(await create_stock(session, price_cents=0, offer__card=True))
    coded = await create_stock(session, offer__digital=True, has_activation_codes=True)
    await ActivationCodeFactory.create(session, stock_id=coded.id)
    code, paper = await book(coded), await book(await create_stock(session, offer__thing=True))
    clock.set(NOW + timedelta(days=30))
    assert await jobs.archive(database) == 0
    clock.advance(seconds=1)
    assert await jobs.archive(database) == 2
    assert await jobs.archive(database) == 0
    assert [(await read(session, one)).display_as_ended for one in (card, code, paper)] == [True, True, None]
