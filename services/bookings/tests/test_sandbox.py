"""The data sets."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bookings import sandbox
from bookings.audit import broken_laws
from bookings.booking.models import Booking
from bookings.factories import ActivationCodeFactory, create_beneficiary, create_stock
from bookings.replicas.models import UserReplica
from shared import clock
from shared.database import Database


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "POLL_SECONDS", 0)


async def _catalogue(session: AsyncSession) -> None:
    for _ in range(8):
        await create_stock(session)
        await create_stock(session, offer__thing=True)
    coded = await create_stock(session, offer__digital=True, has_activation_codes=True)
    await ActivationCodeFactory.create(session, stock_id=coded.id)
    await create_stock(session, offer__card=True, price_cents=0)
    past = clock.now() - timedelta(days=10)
    await create_stock(session, beginning_datetime=past, booking_limit_datetime=past)
    await session.commit()


async def test_tiny_has_bookings_in_every_status_and_is_built_once(database: Database, session: AsyncSession) -> None:
    await create_beneficiary(session, email=sandbox.README_BENEFICIARY, granted_cents=300_00)
    over = sandbox.TINY[4]
    await create_beneficiary(session, email=over, wallet__expiration_date=clock.now() - timedelta(days=30))
    await _catalogue(session)
    await sandbox.build("tiny", database, wait_seconds=5)
    rows = await session.execute(
        select(UserReplica.email, Booking.status, Booking.cancellation_reason).join(
            Booking, Booking.user_id == UserReplica.id
        )
    )
    found = Counter(tuple(row) for row in rows)
    mine = {(status, reason): number for (email, status, reason), number in found.items() if email != over}
    assert mine == {
        ("CONFIRMED", None): 3,
        ("USED", None): 4,
        ("REIMBURSED", None): 1,
        ("CANCELLED", "BENEFICIARY"): 1,
        ("CANCELLED", "OFFERER"): 1,
        ("CANCELLED", "EXPIRED"): 1,
    }
    assert any(email == over for email, _, _ in found)
    total = sum(found.values())
    await session.rollback()
    await sandbox.build("tiny", database, wait_seconds=5)
    assert len(list(await session.scalars(select(Booking.id)))) == total
    assert await broken_laws(session) == {}


async def test_industrial_spends_everything_where_it_should(database: Database, session: AsyncSession) -> None:
    await create_beneficiary(session, email=sandbox.README_BENEFICIARY, granted_cents=300_00)
    poor = await create_beneficiary(
        session, email="pctest.jeune93.has-no-more-money.v2@example.com", granted_cents=120_00
    )
    await _catalogue(session)
    await sandbox.build("industrial", database, wait_seconds=5)
    bookings = await session.scalars(select(Booking).where(Booking.user_id == poor.id, Booking.status != "CANCELLED"))
    assert 110_00 < sum(booking.total_cents for booking in bookings) <= 120_00
    assert await broken_laws(session) == {}


async def test_nothing_to_book_is_said_after_the_wait(database: Database) -> None:
    with pytest.raises(RuntimeError, match="0 users and 0 stocks"):
        await sandbox.build("tiny", database, wait_seconds=0)
