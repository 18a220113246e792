"""Everything at once: people book and cancel, partners change and delete, deposits move, jobs run. The laws hold after."""

from __future__ import annotations

import asyncio
import os
import random
from collections import Counter
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from psycopg.errors import DeadlockDetected, LockNotAvailable
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

from bookings.audit import broken_laws
from bookings.booking import actions, jobs
from bookings.booking.models import Booking
from bookings.booking.values import CancellationReason, ValidationAuthor
from bookings.factories import create_beneficiary, create_stock
from bookings.replicas.models import StockReplica
from shared import clock
from shared.database import Database
from shared.errors import ApiError
from shared.events.offers import STOCK, Stock
from shared.events.users import DEPOSIT, Deposit
from shared.testing.recorders import Delivery

STORMS = int(os.environ.get("STORMS", "3"))
OPERATIONS = 150
AT_ONCE = 10


@pytest.fixture
def settings_overrides() -> dict[str, Any]:
    return {"database_pool_size": AT_ONCE + 2}


@pytest.mark.parametrize("seed", range(STORMS))
async def test_a_storm(database: Database, session: AsyncSession, deliver: Delivery, seed: int) -> None:
    dice = random.Random(seed)
    users = [await create_beneficiary(session, granted_cents=dice.choice([20_00, 60_00, 150_00])) for _ in range(6)]
    stocks: list[StockReplica] = []
    for _ in range(3):
        first = await create_stock(
            session, quantity=dice.choice([2, 4, None]), price_cents=dice.choice([0, 7_50, 20_00])
        )
        second = await create_stock(session, offer=await _offer(session, first.offer_id), quantity=3)
        stocks += [first, second]
    await session.commit()
    versions = count(10)
    # Deposits and wallets have the same identifiers.
    wallets = {user.id: await _wallet_id(session, user.id) for user in users}
    session.expunge_all()
    await session.rollback()

    async def book() -> None:
        user, stock = dice.choice(users), dice.choice(stocks)
        await actions.book(database.pool, user_id=user.id, stock_id=stock.id, quantity=dice.choice([1, 1, 2]))

    async def cancel() -> None:
        async with database.transaction() as own:
            booking = await _some_booking(own, dice)
            if booking is not None:
                await actions.cancel_as_beneficiary(own, user_id=booking.user_id, booking_id=booking.id)

    async def cancel_some() -> None:
        async with database.transaction() as own:
            ids = list(await own.scalars(select(Booking.id).where(Booking.stock_id == dice.choice(stocks).id)))
            await actions.cancel_many(
                own, ids, reason=CancellationReason.FRAUD, still=lambda booking: booking.status == "CONFIRMED"
            )

    async def use() -> None:
        async with database.transaction() as own:
            booking = await _some_booking(own, dice)
            if booking is not None:
                await actions.use_many(own, [booking.id], author=ValidationAuthor.OFFERER, still=lambda _: True)

    async def describe() -> None:
        stock = dice.choice(stocks)
        await deliver(STOCK, "updated", _described(stock, dice.choice([1, 3, 5, None])), version=next(versions))

    async def reschedule() -> None:
        stock = dice.choice(stocks)
        await deliver(STOCK, "rescheduled", _described(stock, 5), version=next(versions))

    async def recredit() -> None:
        user = dice.choice(users)
        await deliver(
            DEPOSIT,
            "recredited",
            _deposit(wallets[user.id], user.id, dice.choice([10_00, 90_00])),
            version=next(versions),
        )

    async def expire() -> None:
        await jobs.expire(database, batch=3)

    weighted = [book] * 12 + [cancel] * 5 + [cancel_some, use, describe, describe, reschedule, recredit, expire]
    left = [dice.choice(weighted) for _ in range(OPERATIONS)]
    seen: Counter[str] = Counter()

    async def work() -> None:
        while left:
            operation = left.pop()
            seen[f"{operation.__name__}: {await _outcome(operation)}"] += 1

    await asyncio.gather(*(work() for _ in range(AT_ONCE)))
    assert await broken_laws(session) == {}
    assert seen["book: done"] > 5, seen


async def _outcome(operation: Any) -> str:
    """What came of it; a deadlock or a lock that did not come is tried again, as workers and people do."""
    for _ in range(5):
        try:
            await operation()
        except (actions.Refused, actions.CancellationRefused) as error:
            return str(error.refusal)
        except ApiError as error:
            if error.status != 503:
                raise
        except OperationalError as error:
            if not isinstance(error.orig, DeadlockDetected | LockNotAvailable):
                raise
        else:
            return "done"
    return "gave up"


async def _some_booking(session: AsyncSession, dice: random.Random) -> Booking | None:
    found = list(await session.scalars(select(Booking).where(Booking.status == "CONFIRMED").order_by(Booking.id)))
    return dice.choice(found) if found else None


async def _wallet_id(session: AsyncSession, user_id: int) -> int:
    from bookings.wallet.models import Wallet

    return (await session.scalars(select(Wallet.id).where(Wallet.user_id == user_id))).one()


async def _offer(session: AsyncSession, offer_id: int) -> Any:
    from bookings.replicas.models import OfferReplica

    return await session.get_one(OfferReplica, offer_id)


def _described(stock: StockReplica, quantity: int | None) -> Stock:
    return Stock(
        id=stock.id,
        offer_id=stock.offer_id,
        price_cents=stock.price_cents,
        quantity=quantity,
        beginning_datetime=clock.now() + timedelta(days=20),
        booking_limit_datetime=None,
        price_category_id=None,
        price_category_label=None,
        features=[],
        is_soft_deleted=False,
        has_activation_codes=False,
    )


def _deposit(deposit_id: int, user_id: int, amount_cents: int) -> Deposit:
    return Deposit(
        id=deposit_id,
        user_id=user_id,
        type="GRANT_17_18",
        version=1,
        amount_cents=amount_cents,
        source="test",
        date_created=clock.now(),
        expiration_date=clock.now() + timedelta(days=300),
        recredits=[],
    )
