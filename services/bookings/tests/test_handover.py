"""One deposit takes over from another: bookings and what is left move, whatever is heard first, twice, late or at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bookings.audit import broken_laws
from bookings.booking import actions
from bookings.booking.models import Booking
from bookings.booking.values import CancellationReason, ValidationAuthor
from bookings.fact_factories import deposit_state
from bookings.factories import UserFactory, create_beneficiary, create_stock
from bookings.replicas.models import UserReplica
from bookings.wallet.models import Wallet
from bookings.wallet.queries import my_wallet
from shared.database import Database
from shared.events import REPLAYED
from shared.events.users import DEPOSIT, Deposit, Recredit
from shared.testing.recorders import ClockControl, Delivery, EventRecorder

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
ENDS = NOW + timedelta(days=900)
OLD, NEW, HOLDER = 11, 12, 1


@pytest.fixture(autouse=True)
def _fixed(clock: ClockControl) -> None:
    clock.set(NOW)


@pytest.fixture(autouse=True)
async def _laws_hold(session: AsyncSession) -> Any:
    yield
    await session.rollback()
    assert await broken_laws(session) == {}


def old_state(cents: int = 30_00, *, ended: bool = False) -> Deposit:
    end = NOW - timedelta(minutes=5) if ended else ENDS
    return deposit_state(OLD, type="GRANT_15_17", amount_cents=cents, expiration_date=end, recredits=[])


def new_state(cents: int = 50_00, carried: int = 0) -> Deposit:
    recredits = [Recredit(type="Recredit17", amount_cents=cents, date_created=NOW)]
    if carried:
        recredits.append(Recredit(type="PreviousDeposit", amount_cents=carried, date_created=NOW))
    return deposit_state(NEW, amount_cents=cents + carried, expiration_date=ENDS, recredits=recredits, replaces_id=OLD)


async def wallets(session: AsyncSession) -> dict[int, tuple[int, int, int]]:
    """(granted, may be spent at most, spent) by deposit."""
    await session.rollback()
    rows = await session.scalars(select(Wallet).execution_options(populate_existing=True))
    return {wallet.id: (wallet.granted_cents, wallet.credit_cents, wallet.spent_cents) for wallet in rows}


async def payers(session: AsyncSession) -> dict[int, int | None]:
    await session.rollback()
    rows = await session.execute(select(Booking.id, Booking.deposit_id))
    return {row.id: row.deposit_id for row in rows}


@pytest.fixture
async def holder(session: AsyncSession, deliver: Delivery) -> UserReplica:
    """Somebody with the credit of minors, 30 €."""
    user = UserFactory.build(id=HOLDER)
    session.add(user)
    await session.commit()
    await deliver(DEPOSIT, "granted", old_state(), version=1)
    return user


@pytest.fixture
def book(database: Database, session: AsyncSession, holder: UserReplica) -> Callable[..., Any]:
    async def make(cents: int, **stock: Any) -> int:
        found = await create_stock(session, price_cents=cents, **stock)
        await session.commit()
        return (await actions.book(database.pool, user_id=HOLDER, stock_id=found.id, quantity=1)).id

    return make


async def test_the_documents_example(
    session: AsyncSession, database: Database, deliver: Delivery, book: Any, events: EventRecorder
) -> None:
    """30 € with 1 confirmed, 2 used and 13 reimbursed, at 17: 50 + (30 - 16) + 3."""
    confirmed, used, paid = await book(1_00), await book(2_00), await book(13_00)
    async with database.transaction() as own:
        await actions.use_many(own, [used, paid], author=ValidationAuthor.OFFERER, still=lambda _: True)
        await actions.reimburse_many(own, [paid])
    await deliver(DEPOSIT, "expired", old_state(ended=True), version=2)
    await deliver(DEPOSIT, "granted", new_state(), version=3)
    assert await payers(session) == {confirmed: NEW, used: NEW, paid: OLD}
    assert await wallets(session) == {OLD: (30_00, 13_00, 13_00), NEW: (67_00, 67_00, 3_00)}
    credit = (await my_wallet(database, HOLDER)).credit
    assert credit is not None
    assert (credit.all.initial, credit.all.remaining) == (67_00, 64_00)
    told = {event["aggregate_id"]: event["state"] for event in await events.published("wallet.changed")}
    assert (told[NEW]["replaces_id"], told[NEW]["carried_cents"], told[NEW]["credit_cents"]) == (OLD, 17_00, 67_00)
    moved = await events.published("booking.moved")
    assert [(event["aggregate_id"], event["state"]["deposit_id"]) for event in moved] == [
        (confirmed, NEW),
        (used, NEW),
    ]


async def test_what_is_not_reimbursed_stays_and_its_refund_follows(
    session: AsyncSession, database: Database, deliver: Delivery, book: Any
) -> None:
    stays = await book(10_00, offer__digital=True, offer__subcategory_id="VOD")
    await deliver(DEPOSIT, "granted", new_state(), version=3)
    await deliver(DEPOSIT, "expired", old_state(ended=True), version=2)
    assert await payers(session) == {stays: OLD}
    assert await wallets(session) == {OLD: (30_00, 10_00, 10_00), NEW: (70_00, 70_00, 0)}
    async with database.transaction() as own:
        await actions.cancel_as_beneficiary(own, user_id=HOLDER, booking_id=stays)
    assert await wallets(session) == {OLD: (30_00, 0, 0), NEW: (80_00, 80_00, 0)}
    # Nothing can be bought with the same 10 € a second time.
    bought = await book(80_00)
    assert (await payers(session))[bought] == NEW
    with pytest.raises(actions.Refused):
        await book(1_00)


FACTS: list[tuple[str, Deposit, int]] = [
    ("granted", old_state(), 1),
    ("expired", old_state(ended=True), 2),
    ("granted", new_state(), 3),
    ("recredited", new_state(150_00, carried=30_00), 4),
]


@pytest.mark.parametrize("order", list(permutations(range(4))))
async def test_any_order_ends_alike(session: AsyncSession, deliver: Delivery, order: tuple[int, ...]) -> None:
    """The last fact speaks of a carried amount that is out of date by then: 30 €, while a partner's correction gave 20."""
    session.add(UserFactory.build(id=HOLDER))
    await session.commit()
    for number in order:
        fact, state, version = FACTS[number]
        await deliver(DEPOSIT, fact, state, version=version)
    await deliver(DEPOSIT, "recredited", old_state(20_00, ended=True), version=5)
    for number in order:
        fact, state, version = FACTS[number]
        await deliver(DEPOSIT, REPLAYED, state, version=version)
    assert await wallets(session) == {OLD: (20_00, 0, 0), NEW: (170_00, 170_00, 0)}


async def test_a_failure_half_way_moves_nothing(
    session: AsyncSession, deliver: Delivery, book: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Heard again after a crash at any point of it, the fact has its effect once."""
    from bookings.booking import handover

    booking = await book(12_00)
    before = await wallets(session)
    for name in ("change", "settle_carried", "tell_bookings", "tell"):
        with monkeypatch.context() as patched:

            def crash(*_: Any, **__: Any) -> None:
                raise RuntimeError("crash")

            patched.setattr(handover, name, crash)
            with pytest.raises(RuntimeError):
                await deliver(DEPOSIT, "granted", new_state(), version=3)
        assert await wallets(session) == before
        assert await payers(session) == {booking: OLD}
    for _ in range(2):
        await deliver(DEPOSIT, "granted", new_state(), version=3)
        assert await wallets(session) == {OLD: (30_00, 0, 0), NEW: (80_00, 80_00, 12_00)}
    assert await payers(session) == {booking: NEW}


async def test_bookings_at_the_same_moment(session: AsyncSession, database: Database, deliver: Delivery) -> None:
    """Somebody books, cancels and is recredited at once, again and again: no euro is lost, none is there twice."""
    for number in range(12):
        user = await create_beneficiary(session, granted_cents=30_00, wallet__type="GRANT_15_17")
        stocks = [await create_stock(session, price_cents=10_00) for _ in range(5)]
        holder, shelves = user.id, [stock.id for stock in stocks]
        await session.commit()
        old = (await session.scalars(select(Wallet.id).where(Wallet.user_id == holder))).one()
        first = await actions.book(database.pool, user_id=holder, stock_id=shelves[0], quantity=1)
        new = 100_000 + number
        state = deposit_state(new, user_id=holder, amount_cents=50_00, expiration_date=ENDS, replaces_id=old)

        async def cancel(booking_id: int = first.id) -> None:
            async with database.transaction() as own:
                await actions.cancel_many(own, [booking_id], reason=CancellationReason.FRAUD, still=lambda _: True)

        barrier = asyncio.Barrier(6)

        async def at_once(work: Any, barrier: asyncio.Barrier = barrier) -> None:
            await barrier.wait()
            await work

        await asyncio.gather(
            at_once(deliver(DEPOSIT, "granted", state, version=3)),
            at_once(cancel()),
            *(
                at_once(actions.book(database.pool, user_id=holder, stock_id=shelf, quantity=1))
                for shelf in shelves[1:]
            ),
            return_exceptions=True,
        )
        await session.rollback()
        found = list(await session.scalars(select(Wallet).where(Wallet.user_id == holder)))
        by_id = {wallet.id: wallet for wallet in found}
        live = await session.scalars(select(Booking).where(Booking.user_id == holder, Booking.status != "CANCELLED"))
        spent = sum(booking.total_cents for booking in live)
        assert spent == by_id[old].spent_cents + by_id[new].spent_cents
        assert by_id[new].granted_cents == 50_00 + 30_00 - by_id[old].spent_cents
        assert await broken_laws(session) == {}


async def test_both_deposits_told_at_once(session: AsyncSession, deliver: Delivery) -> None:
    """Two consumers hear one of the two each: neither may miss the other's wallet."""
    session.add(UserFactory.build(id=HOLDER))
    await session.commit()
    await asyncio.gather(
        deliver(DEPOSIT, "granted", new_state(), version=3), deliver(DEPOSIT, "granted", old_state(), version=1)
    )
    assert await wallets(session) == {OLD: (30_00, 0, 0), NEW: (80_00, 80_00, 0)}
