"""Bookings at the same moment: real connections, a barrier instead of luck, and the auditor afterwards."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest
from psycopg import AsyncConnection
from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncSession

from bookings.audit import broken_laws
from bookings.booking import actions
from bookings.booking.rules import BookingRefusal
from bookings.factories import create_beneficiary, create_stock
from bookings.inventory.models import Inventory
from bookings.wallet.models import Wallet
from shared.database import Database
from shared.errors import ApiError
from shared.events.offers import STOCK, Stock
from shared.settings import ServiceSettings

ROUNDS = 20


@pytest.fixture
def settings_overrides() -> dict[str, Any]:
    return {"database_pool_size": 12}


async def audit(session: AsyncSession) -> None:
    """Fail with the rows that break a law."""
    await session.rollback()
    assert await broken_laws(session) == {}


async def outcome(attempt: Awaitable[Any]) -> str:
    try:
        await attempt
    except actions.Refused as refused:
        return refused.refusal.value
    except actions.CancellationRefused as refused:
        return refused.refusal.value
    return "done"


async def together(attempts: Sequence[Callable[[], Awaitable[Any]]]) -> Counter[str]:
    """Start everything at once: each waits at the barrier until all are there."""
    barrier = asyncio.Barrier(len(attempts))

    async def run(attempt: Callable[[], Awaitable[Any]]) -> str:
        await barrier.wait()
        return await outcome(attempt())

    return Counter(await asyncio.gather(*(run(attempt) for attempt in attempts)))


def booking(database: Database, user_id: int, stock_id: int, quantity: int = 1) -> Callable[[], Awaitable[Any]]:
    return lambda: actions.book(database.pool, user_id=user_id, stock_id=stock_id, quantity=quantity)


async def until_waiting(database: Database, waiters: int = 1) -> None:
    """Until that many connections of this database wait for a lock."""
    async with asyncio.timeout(5):
        while True:
            async with database.transaction() as session:
                found = await session.scalar(
                    text(
                        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                        " AND wait_event_type = 'Lock'"
                    )
                )
            if found is not None and found >= waiters:
                return


async def test_one_person_twice_at_once(database: Database, session: AsyncSession) -> None:
    for _ in range(ROUNDS):
        user, stock = await create_beneficiary(session), await create_stock(session)
        await session.commit()
        found = await together([booking(database, user.id, stock.id)] * 2)
        assert found == {"done": 1, BookingRefusal.ALREADY_BOOKED: 1}
    await audit(session)


async def test_one_person_on_two_stocks_of_an_offer(database: Database, session: AsyncSession) -> None:
    for _ in range(ROUNDS):
        user, stock = await create_beneficiary(session), await create_stock(session)
        other = await create_stock(session, offer=await _offer(session, stock.offer_id))
        await session.commit()
        found = await together([booking(database, user.id, stock.id), booking(database, user.id, other.id)])
        assert found == {"done": 1, BookingRefusal.ALREADY_BOOKED: 1}
    await audit(session)


async def test_one_person_spends_the_same_money_twice(database: Database, session: AsyncSession) -> None:
    for _ in range(ROUNDS):
        user = await create_beneficiary(session, granted_cents=15_00)
        stocks = [await create_stock(session, price_cents=10_00) for _ in range(2)]
        await session.commit()
        found = await together([booking(database, user.id, stock.id) for stock in stocks])
        assert found == {"done": 1, BookingRefusal.CREDIT: 1}
    await audit(session)


async def test_two_for_the_last_seat(database: Database, session: AsyncSession) -> None:
    for _ in range(ROUNDS):
        stock = await create_stock(session, quantity=1)
        users = [await create_beneficiary(session) for _ in range(2)]
        await session.commit()
        found = await together([booking(database, user.id, stock.id) for user in users])
        assert found == {"done": 1, BookingRefusal.NOT_BOOKABLE: 1}
    await audit(session)


async def test_fifty_for_ten_seats(database: Database, session: AsyncSession) -> None:
    users = [await create_beneficiary(session, granted_cents=100_000) for _ in range(50)]
    for _ in range(ROUNDS):
        stock = await create_stock(session, quantity=10)
        await session.commit()
        found = await together([booking(database, user.id, stock.id) for user in users])
        assert found == {"done": 10, BookingRefusal.NOT_BOOKABLE: 40}
        inventory = await session.get_one(Inventory, stock.id, populate_existing=True)
        assert inventory.booked_quantity == 10
    await audit(session)


async def test_a_booking_is_cancelled_once(database: Database, session: AsyncSession) -> None:
    for _ in range(ROUNDS):
        user, stock = await create_beneficiary(session), await create_stock(session)
        await session.commit()
        booked = await actions.book(database.pool, user_id=user.id, stock_id=stock.id, quantity=2)

        async def cancel(user_id: int = user.id, booking_id: int = booked.id) -> None:
            async with database.transaction() as own:
                await actions.cancel_as_beneficiary(own, user_id=user_id, booking_id=booking_id)

        assert await together([cancel, cancel]) == {"done": 2}
        wallet = await session.scalar(text("SELECT sum(spent_cents) FROM wallet WHERE user_id = :id"), {"id": user.id})
        assert wallet == 0
    await audit(session)


async def test_a_seat_freed_while_another_wants_it(database: Database, session: AsyncSession) -> None:
    for _ in range(ROUNDS):
        stock = await create_stock(session, quantity=1)
        first, second = await create_beneficiary(session), await create_beneficiary(session)
        await session.commit()
        booked = await actions.book(database.pool, user_id=first.id, stock_id=stock.id, quantity=1)

        async def cancel(user_id: int = first.id, booking_id: int = booked.id) -> None:
            async with database.transaction() as own:
                await actions.cancel_as_beneficiary(own, user_id=user_id, booking_id=booking_id)

        found = await together([cancel, booking(database, second.id, stock.id)])
        assert found in ({"done": 2}, {"done": 1, BookingRefusal.NOT_BOOKABLE: 1})
    await audit(session)


async def test_a_quantity_lowered_while_people_book(database: Database, session: AsyncSession, deliver: Any) -> None:
    for number in range(ROUNDS):
        stock = await create_stock(session, quantity=5)
        users = [await create_beneficiary(session) for _ in range(4)]
        await session.commit()

        async def lower(stock_id: int = stock.id, offer_id: int = stock.offer_id, version: int = number + 2) -> None:
            await deliver(STOCK, "updated", _stock_state(stock_id, offer_id, quantity=2), version=version)

        found = await together([lower, *(booking(database, user.id, stock.id) for user in users)])
        inventory = await session.get_one(Inventory, stock.id, populate_existing=True)
        assert inventory.booked_quantity == found["done"] - 1
        assert inventory.quantity == max(2, inventory.booked_quantity)
    await audit(session)


async def test_a_stock_deleted_while_somebody_books_keeps_no_booking(
    database: Database, session: AsyncSession, deliver: Any
) -> None:
    for number in range(ROUNDS):
        user, stock = await create_beneficiary(session), await create_stock(session)
        await session.commit()

        async def delete(stock_id: int = stock.id, offer_id: int = stock.offer_id, version: int = number + 2) -> None:
            state = _stock_state(stock_id, offer_id, quantity=100, is_soft_deleted=True)
            await deliver(STOCK, "deleted", state, version=version)

        await together([delete, booking(database, user.id, stock.id)])
        live = await session.scalar(
            text("SELECT count(*) FROM booking WHERE stock_id = :id AND status <> 'CANCELLED'"), {"id": stock.id}
        )
        assert live == 0
    await audit(session)


async def test_a_booking_that_waited_decides_upon_what_it_finds(database: Database, session: AsyncSession) -> None:
    """The stock changes while a booking waits for its inventory: the change counts, not what was there before."""
    user, stock = await create_beneficiary(session), await create_stock(session)
    await session.commit()
    async with database.transaction() as partner:
        await partner.execute(update(Inventory).where(Inventory.id == stock.id).values(version=2))
        await partner.execute(
            text("UPDATE stock_replica SET version = 2, is_soft_deleted = true WHERE id = :id"), {"id": stock.id}
        )
        waiting = asyncio.ensure_future(outcome(booking(database, user.id, stock.id)()))
        await until_waiting(database)
    assert await waiting == BookingRefusal.NOT_BOOKABLE
    await audit(session)


@pytest.mark.parametrize("table", ["inventory", "user_replica", "wallet"])
async def test_a_lock_that_does_not_come_is_given_up(
    database: Database, session: AsyncSession, settings: ServiceSettings, table: str
) -> None:
    user, stock = await create_beneficiary(session), await create_stock(session)
    await session.commit()
    hasty = Database(settings.model_copy(update={"database_lock_timeout_ms": 50}))
    await hasty.open()
    try:
        async with database.transaction() as holder:
            await holder.execute(text(f"SELECT 1 FROM {table} FOR UPDATE"))  # noqa: S608
            with pytest.raises(ApiError) as refused:
                await actions.book(hasty.pool, user_id=user.id, stock_id=stock.id, quantity=1)
        assert refused.value.status == 503
        assert list(refused.value.body) == ["global"]
        # The connection went back to the pool clean.
        await actions.book(hasty.pool, user_id=user.id, stock_id=stock.id, quantity=1)
    finally:
        await hasty.close()
    await audit(session)


async def test_without_the_guard_the_last_seat_is_sold_twice(database: Database, session: AsyncSession) -> None:
    """The control: reading, deciding and writing without lock, condition and constraint does oversell.

    Were this to pass with one seat sold, the races above would prove nothing.
    """
    stock = await create_stock(session, quantity=1)
    await session.commit()
    seen = asyncio.Barrier(2)

    async def naive() -> bool:
        async with database.pool.connection() as connection:
            left = await _left(connection, stock.id)
            await seen.wait()
            if left < 1:
                return False
            await connection.execute(
                "UPDATE inventory SET booked_quantity = booked_quantity + 1, quantity = greatest(quantity, "
                "booked_quantity + 1) WHERE id = %s",
                (stock.id,),
            )
            return True

    assert await asyncio.gather(naive(), naive()) == [True, True]
    inventory = await session.get_one(Inventory, stock.id, populate_existing=True)
    assert inventory.booked_quantity == 2
    assert inventory.described_quantity == 1


async def test_without_the_lock_on_the_person_the_index_still_holds(database: Database, session: AsyncSession) -> None:
    """Two bookings written side by side, as if nobody had locked or looked: the second cannot be inserted."""
    user, stock = await create_beneficiary(session), await create_stock(session)
    await session.commit()
    await actions.book(database.pool, user_id=user.id, stock_id=stock.id, quantity=1)
    copy = text(
        "INSERT INTO booking (user_id, stock_id, offer_id, venue_id, offerer_id, token, status, quantity, amount_cents,"
        " date_created) SELECT user_id, stock_id, offer_id, venue_id, offerer_id, 'AAAAAA', status, 1, 0, now()"
        " FROM booking"
    )
    with pytest.raises(Exception, match="uq_booking_live_user_offer"):
        await session.execute(copy)
    await session.rollback()


async def test_money_beyond_the_credit_cannot_be_written(database: Database, session: AsyncSession) -> None:
    await create_beneficiary(session, granted_cents=10_00)
    await session.commit()
    with pytest.raises(Exception, match="ck_wallet_spent_within_credit"):
        await session.execute(update(Wallet).values(spent_cents=10_01))
    await session.rollback()
    with pytest.raises(Exception, match="append-only"):
        await session.execute(text("DELETE FROM wallet_entry"))
    await session.rollback()


async def _left(connection: AsyncConnection, stock_id: int) -> int:
    cursor = await connection.execute("SELECT quantity - booked_quantity FROM inventory WHERE id = %s", (stock_id,))
    row = await cursor.fetchone()
    assert row is not None
    return row[0]


async def _offer(session: AsyncSession, offer_id: int) -> Any:
    from bookings.replicas.models import OfferReplica

    return await session.get_one(OfferReplica, offer_id)


def _stock_state(stock_id: int, offer_id: int, *, quantity: int | None, is_soft_deleted: bool = False) -> Stock:
    return Stock(
        id=stock_id,
        offer_id=offer_id,
        price_cents=10_00,
        quantity=quantity,
        beginning_datetime=None,
        booking_limit_datetime=None,
        price_category_id=None,
        price_category_label=None,
        features=[],
        is_soft_deleted=is_soft_deleted,
        has_activation_codes=False,
    )
