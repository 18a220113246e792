"""What bookings does when it hears of users, deposits, offers and stocks, and what time does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bookings.audit import broken_laws
from bookings.booking import actions
from bookings.booking.models import Booking
from bookings.booking.values import CancellationReason, ValidationAuthor
from bookings.fact_factories import ADDRESS, deposit_state, offer_state, stock_state, user_state
from bookings.factories import (
    ActivationCodeFactory,
    OffererFactory,
    WalletFactory,
    create_beneficiary,
    create_stock,
)
from bookings.inventory.models import ActivationCode, Inventory
from bookings.replicas.models import OfferReplica, StockReplica, UserReplica, VenueReplica
from bookings.wallet.models import Wallet
from shared.database import Database
from shared.events import REPLAYED
from shared.events.offers import (
    ACTIVATION_CODE,
    ATTACHMENT,
    OFFER,
    OFFERER,
    STOCK,
    VENUE,
    Address,
    Attachment,
    Offerer,
    Venue,
)
from shared.events.offers import ActivationCode as ActivationCodeState
from shared.events.users import DEPOSIT, USER
from shared.testing.recorders import ClockControl, Delivery, EventRecorder

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


async def test_replicas_follow_and_ignore_what_is_old(session: AsyncSession, deliver: Delivery) -> None:
    await deliver(USER, "created", user_state(), version=5)
    await deliver(USER, "profile_updated", user_state(email="old@example.com"), version=4)
    await deliver(USER, REPLAYED, user_state(last_name="Martin"), version=6)
    user = await session.get_one(UserReplica, 1)
    assert (user.email, user.last_name, user.version) == ("camille@example.com", "Martin", 6)
    await deliver(
        OFFERER, "created", Offerer(id=1, name="A", siren="123456782", is_active=True, validation_status="NEW")
    )
    await deliver(
        VENUE,
        "created",
        Venue(
            id=1,
            offerer_id=1,
            name="Salle",
            public_name="La Salle",
            siret=None,
            is_virtual=False,
            is_permanent=True,
            is_open_to_public=True,
            is_soft_deleted=False,
            booking_email=None,
            withdrawal_details=None,
            banner_url=None,
            address=ADDRESS,
        ),
    )
    await deliver(ATTACHMENT, "created", Attachment(id=1, user_id=1, offerer_id=1, validation_status="NEW"))
    venue = await session.get_one(VenueReplica, 1)
    assert (venue.timezone, venue.department_code, venue.address_id) == ("Indian/Reunion", "974", 7)
    assert Address.model_validate(venue.address) == ADDRESS


async def test_a_stock_is_bookable_once_all_around_it_is_known(
    session: AsyncSession, deliver: Delivery, database: Database
) -> None:
    """Facts of different aggregates come in any order."""
    await deliver(USER, "created", user_state())
    await deliver(DEPOSIT, "granted", deposit_state())
    stock = StockReplica(
        id=1, offer_id=1, price_cents=10_00, beginning_datetime=NOW + timedelta(9), booking_limit_datetime=None
    )
    offer = OfferReplica(id=1, venue_id=1, offerer_id=1, name="Concert")
    await deliver(STOCK, "created", stock_state(stock, quantity=2))
    with pytest.raises(actions.Refused):
        await actions.book(database.pool, user_id=1, stock_id=1, quantity=1)
    await deliver(OFFER, "created", offer_state(offer))
    venue = {"offerer_id": 1, "name": "Salle", "public_name": "", "siret": None, "is_virtual": False}
    flags = {"is_permanent": True, "is_open_to_public": True, "is_soft_deleted": False}
    nothing = dict.fromkeys(("booking_email", "withdrawal_details", "banner_url", "address"))
    await deliver(VENUE, "created", Venue.model_validate({"id": 1, **venue, **flags, **nothing}))
    await deliver(
        OFFERER,
        "created",
        Offerer(id=1, name="A", siren="123456782", is_active=True, validation_status="VALIDATED"),
    )
    booked = await actions.book(database.pool, user_id=1, stock_id=1, quantity=2)
    assert (await read(session, booked.id)).venue_id == 1
    assert (await session.get_one(Wallet, 1)).spent_cents == 20_00


async def test_deposits_become_wallets(session: AsyncSession, deliver: Delivery, events: EventRecorder) -> None:
    await deliver(DEPOSIT, "granted", deposit_state(amount_cents=50_00), version=1)
    await deliver(DEPOSIT, "recredited", deposit_state(amount_cents=200_00), version=3)
    await deliver(DEPOSIT, "recredited", deposit_state(amount_cents=60_00), version=2)
    wallet = await session.get_one(Wallet, 1)
    assert (wallet.granted_cents, wallet.credit_cents, wallet.version) == (200_00, 200_00, 3)
    assert [item["state"]["credit_cents"] for item in await events.published("wallet.changed")] == [50_00, 200_00]
    await deliver(DEPOSIT, "expired", deposit_state(expiration_date=NOW), version=4)
    await session.refresh(wallet)
    assert wallet.expiration_date == NOW


async def test_a_deposit_lowered_below_what_is_spent(
    session: AsyncSession, deliver: Delivery, book: Book, database: Database
) -> None:
    user = await create_beneficiary(session)
    wallet = (await session.scalars(select(Wallet))).one()
    booking_id = await book(await create_stock(session, price_cents=100_00), user=user)
    await deliver(DEPOSIT, "recredited", deposit_state(wallet.id, user_id=user.id, amount_cents=80_00), version=9)
    await session.refresh(wallet)
    assert (wallet.granted_cents, wallet.credit_cents, wallet.spent_cents) == (80_00, 100_00, 100_00)
    async with database.transaction() as own:
        await actions.cancel_as_beneficiary(own, user_id=user.id, booking_id=booking_id)
    await session.refresh(wallet)
    assert (wallet.granted_cents, wallet.credit_cents, wallet.spent_cents) == (80_00, 80_00, 0)


async def test_inventories_follow_partners_but_not_below_what_is_booked(
    session: AsyncSession, deliver: Delivery, book: Book, events: EventRecorder
) -> None:
    stock = await create_stock(session, quantity=10)
    await book(stock, quantity=2)
    await deliver(STOCK, "updated", stock_state(stock, quantity=1), version=5)
    inventory = await session.get_one(Inventory, stock.id, populate_existing=True)
    assert (inventory.described_quantity, inventory.quantity, inventory.booked_quantity) == (1, 2, 2)
    assert (await events.published("inventory.changed"))[-1]["state"]["quantity"] == 2
    await deliver(STOCK, "updated", stock_state(stock, quantity=0), version=4)
    await session.refresh(inventory)
    assert inventory.described_quantity == 1
    await deliver(STOCK, "updated", stock_state(stock, quantity=None), version=6)
    await session.refresh(inventory)
    assert inventory.quantity is None


async def test_codes_handed_out_stay_with_their_booking(session: AsyncSession, deliver: Delivery, book: Book) -> None:
    stock = await create_stock(session, offer__digital=True, has_activation_codes=True)
    code = await ActivationCodeFactory.create(session, stock_id=stock.id)
    booking_id = await book(stock)
    state = ActivationCodeState(id=code.id, stock_id=stock.id, code=code.code, expiration_date=NOW)
    await deliver(ACTIVATION_CODE, REPLAYED, state, version=9)
    found = await session.get_one(ActivationCode, code.id, populate_existing=True)
    assert (found.booking_id, found.expiration_date) == (booking_id, NOW)


@pytest.mark.parametrize(("days", "taken_back"), [(30, True), (1, False)])
async def test_a_rescheduled_event(
    session: AsyncSession,
    deliver: Delivery,
    book: Book,
    events: EventRecorder,
    database: Database,
    days: int,
    taken_back: bool,
) -> None:
    stock = await create_stock(session)
    waiting, used, gone = await book(stock), await book(stock), await book(stock)
    async with database.transaction() as own:
        await actions.use_many(own, [used], author=ValidationAuthor.OFFERER, still=lambda _: True)
        await actions.cancel_many(own, [gone], reason=CancellationReason.FRAUD, still=lambda _: True)
    limit_of_gone = (await read(session, gone)).cancellation_limit_date
    beginning = NOW + timedelta(days=days)
    await deliver(STOCK, "rescheduled", stock_state(stock, beginning_datetime=beginning), version=5)
    limit = min(beginning, NOW + timedelta(hours=48))
    assert (await read(session, waiting)).cancellation_limit_date == limit
    booking = await read(session, used)
    assert booking.cancellation_limit_date == limit
    assert booking.status == ("CONFIRMED" if taken_back else "USED")
    assert booking.validation_author_type == "OFFERER"
    assert [item["aggregate_id"] for item in await events.published("booking.unused")] == [used] * taken_back
    assert (await read(session, gone)).cancellation_limit_date == limit_of_gone


@pytest.mark.parametrize("thing", [False, True])
async def test_a_deleted_stock_cancels_but_keeps_used_things(
    session: AsyncSession, deliver: Delivery, book: Book, events: EventRecorder, database: Database, thing: bool
) -> None:
    stock = await create_stock(session, offer__thing=thing)
    waiting, used = await book(stock), await book(stock)
    async with database.transaction() as own:
        await actions.use_many(own, [used], author=ValidationAuthor.OFFERER, still=lambda _: True)
    await deliver(STOCK, "deleted", stock_state(stock, is_soft_deleted=True), version=5)
    first, second = await read(session, waiting), await read(session, used)
    assert (first.status, first.cancellation_reason) == ("CANCELLED", "OFFERER")
    assert second.status == ("USED" if thing else "CANCELLED")
    assert len(await events.published("booking.cancelled")) == (1 if thing else 2)
    inventory = await session.get_one(Inventory, stock.id, populate_existing=True)
    assert inventory.booked_quantity == (1 if thing else 0)


async def test_replays_cancel_nothing(session: AsyncSession, deliver: Delivery, book: Book) -> None:
    stock = await create_stock(session)
    booking_id = await book(stock)
    await deliver(STOCK, REPLAYED, stock_state(stock, is_soft_deleted=True), version=5)
    assert (await read(session, booking_id)).status == "CONFIRMED"


async def test_a_rejected_offer(session: AsyncSession, deliver: Delivery, book: Book) -> None:
    stock = await create_stock(session)
    booking_id = await book(stock)
    offer = await session.get_one(OfferReplica, stock.offer_id)
    await deliver(OFFER, "rejected", offer_state(offer, validation="REJECTED"), version=5)
    booking = await read(session, booking_id)
    assert (booking.status, booking.cancellation_reason) == ("CANCELLED", "FRAUD_INAPPROPRIATE")


async def test_a_closed_offerer(session: AsyncSession, deliver: Delivery, book: Book, clock: ClockControl) -> None:
    offerer = await OffererFactory.create(session)
    begun = await book(
        await create_stock(
            session,
            offerer=offerer,
            beginning_datetime=NOW + timedelta(hours=1),
            booking_limit_datetime=NOW + timedelta(hours=1),
        )
    )
    coming = await book(await create_stock(session, offerer=offerer))
    elsewhere = await book(await create_stock(session))
    clock.advance(hours=2)
    state = Offerer(id=offerer.id, name="A", siren="123456782", is_active=True, validation_status="CLOSED")
    await deliver(OFFERER, "closed", state, version=5)
    booking = await read(session, coming)
    assert (booking.status, booking.cancellation_reason) == ("CANCELLED", "OFFERER_CLOSED")
    assert (await read(session, begun)).status == "CONFIRMED"
    assert (await read(session, elsewhere)).status == "CONFIRMED"


async def test_a_suspended_holder(session: AsyncSession, deliver: Delivery, book: Book) -> None:
    user = await create_beneficiary(session)
    event, thing = await create_stock(session), await create_stock(session, offer__thing=True)
    first, second = await book(event, user=user), await book(thing, user=user)
    state = user_state(user.id, is_active=False, suspension_reason="FRAUD_SUSPICION")
    await deliver(USER, "suspended", state, version=5)
    assert (await read(session, first)).status == "CONFIRMED"
    booking = await read(session, second)
    assert (booking.status, booking.cancellation_reason) == ("CANCELLED", "FRAUD_SUSPICION")


async def test_a_person_with_two_wallets_spends_the_one_that_ends_last(session: AsyncSession, book: Book) -> None:
    user = await create_beneficiary(session, wallet__expiration_date=NOW - timedelta(days=1), granted_cents=5_00)
    current = await WalletFactory.create(session, user_id=user.id, expiration_date=NOW + timedelta(days=1))
    booking_id = await book(await create_stock(session), user=user)
    assert (await read(session, booking_id)).deposit_id == current.id


async def test_other_terms_are_told_to_who_still_comes(
    session: AsyncSession, database: Database, deliver: Delivery, events: EventRecorder
) -> None:
    user = await create_beneficiary(session)
    first = await create_stock(session, beginning_datetime=NOW + timedelta(days=9), offer__is_duo=True)
    past = await create_stock(session, offer=await session.get_one(OfferReplica, first.offer_id))
    other = await create_beneficiary(session)
    await session.commit()
    await actions.book(database.pool, user_id=user.id, stock_id=first.id, quantity=1)
    await actions.book(database.pool, user_id=other.id, stock_id=past.id, quantity=1)
    async with database.transaction() as inside:
        (await inside.get_one(StockReplica, past.id)).beginning_datetime = NOW - timedelta(days=1)
    replica = await session.get_one(OfferReplica, first.offer_id)
    offer = offer_state(replica, withdrawal_type="on_site", withdrawal_details="Guichet B.")
    await deliver(OFFER, "withdrawal_changed", offer, version=10_000)
    told = await events.published("booking.withdrawal_changed")
    assert [fact["state"]["user_id"] for fact in told] == [user.id]
    assert told[0]["state"]["offer"]["withdrawal_details"] == "Guichet B."


async def test_another_date_is_told_for_each_booking(
    session: AsyncSession, database: Database, deliver: Delivery, events: EventRecorder
) -> None:
    user = await create_beneficiary(session)
    stock = await create_stock(session, beginning_datetime=NOW + timedelta(days=9))
    await session.commit()
    await actions.book(database.pool, user_id=user.id, stock_id=stock.id, quantity=1)
    moved = stock_state(stock, beginning_datetime=NOW + timedelta(days=12))
    await deliver(STOCK, "rescheduled", moved, version=10_000)
    [told] = await events.published("booking.rescheduled")
    assert told["state"]["user_id"] == user.id
    assert told["state"]["stock"]["beginning_datetime"].startswith("2026-06-13")
