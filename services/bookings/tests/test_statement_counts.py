"""No list asks the database more often for having more to show."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from bookings.booking import actions
from bookings.factories import AttachmentFactory, OffererFactory, create_beneficiary, create_stock
from bookings.replicas.models import OffererReplica, StockReplica, UserReplica
from shared.database import Database
from shared.testing.recorders import ClockControl, StatementCounter, Tokens

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
EVENT = NOW + timedelta(days=9)
PARTNER = 501
PERIOD = "bookingPeriodBeginningDate=2026-05-01&bookingPeriodEndingDate=2026-06-30"
Book = Callable[[int], Awaitable[None]]


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
async def holder(session: AsyncSession) -> UserReplica:
    made = await create_beneficiary(session)
    await session.commit()
    return made


@pytest.fixture
async def concert(session: AsyncSession, offerer: OffererReplica) -> StockReplica:
    """What strangers book: one event."""
    made = await create_stock(session, offerer=offerer, beginning_datetime=EVENT)
    await session.commit()
    return made


@pytest.fixture
def book(
    session: AsyncSession, database: Database, offerer: OffererReplica, holder: UserReplica, concert: StockReplica
) -> Book:
    """So many bookings of the holder, of an offer each, and as many of others of the concert."""

    async def make(times: int) -> None:
        for _ in range(times):
            other = await create_beneficiary(session)
            stock = await create_stock(session, offerer=offerer)
            await session.commit()
            await actions.book(database.pool, user_id=holder.id, stock_id=stock.id, quantity=1)
            await actions.book(database.pool, user_id=other.id, stock_id=concert.id, quantity=1)

    return make


async def _counts(
    client: httpx.AsyncClient, path: str, headers: dict[str, str], book: Book, statements: StatementCounter
) -> tuple[list[str], list[str], int, int]:
    await book(1)
    # The first answer may include what a process asks once.
    assert (await client.get(path, headers=headers)).status_code == 200, path
    with statements() as few:
        short = await client.get(path, headers=headers)
    await book(4)
    with statements() as many:
        long = await client.get(path, headers=headers)
    assert short.status_code == long.status_code == 200
    return few, many, len(short.content), len(long.content)


@pytest.mark.parametrize(
    "path",
    [
        "/native/v1/bookings",
        "/native/v2/bookings",
        "/native/v2/bookings/ongoing",
        "/internal/wallets/me",
        "/internal/extracts/me",
    ],
)
async def test_lists_of_a_holder(
    path: str, client: httpx.AsyncClient, tokens: Tokens, holder: UserReplica, book: Book, statements: StatementCounter
) -> None:
    few, many, short, long = await _counts(client, path, tokens.native(holder.id), book, statements)
    assert few
    assert len(many) == len(few), many
    assert long > short


@pytest.mark.parametrize(
    "path",
    [
        f"/bookings/pro?{PERIOD}",
        f"/bookings/csv?{PERIOD}",
        f"/bookings/excel?{PERIOD}",
        "/bookings/offer/{offer}/csv?status=all&eventDate=2026-06-10",
        "/bookings/offer/{offer}/excel?status=all&eventDate=2026-06-10",
        "/bookings/dates/{offer}",
    ],
)
async def test_lists_of_a_partner(
    path: str,
    client: httpx.AsyncClient,
    tokens: Tokens,
    concert: StockReplica,
    book: Book,
    statements: StatementCounter,
) -> None:
    asked = path.format(offer=concert.offer_id)
    few, many, short, long = await _counts(client, asked, tokens.pro(PARTNER), book, statements)
    assert few
    assert len(many) == len(few), many
    # Only the days of an offer stay the same days.
    assert long > short or "/dates/" in path
