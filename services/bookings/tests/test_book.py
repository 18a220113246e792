"""Booking through the app's face, against PostgreSQL: every refusal, and what a booking leaves behind."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bookings.audit import broken_laws
from bookings.booking import book as book_module
from bookings.booking.models import Booking
from bookings.factories import ActivationCodeFactory, UserFactory, create_beneficiary, create_stock
from bookings.inventory.models import ActivationCode, Inventory
from bookings.wallet.models import Wallet, WalletEntry
from shared import clock
from shared.database import Database
from shared.testing.recorders import ClockControl, EventRecorder, Tokens
from shared.testing.traffic import round_trips

Post = Callable[..., Awaitable[httpx.Response]]

INSUFFICIENT = {"code": "INSUFFICIENT_CREDIT"}
NOT_BOOKABLE = {"code": "STOCK_NOT_BOOKABLE"}


@pytest.fixture
def post(client: httpx.AsyncClient, tokens: Tokens) -> Post:
    async def send(user_id: int, stock_id: Any, quantity: Any = 1) -> httpx.Response:
        body = {"stockId": stock_id, "quantity": quantity}
        return await client.post("/native/v1/bookings", json=body, headers=tokens.native(user_id))

    return send


@pytest.fixture(autouse=True)
async def _nothing_is_written_but_whole(session: AsyncSession) -> Any:
    yield
    await session.rollback()
    assert await broken_laws(session) == {}


async def count(session: AsyncSession) -> int:
    return len(list(await session.scalars(select(Booking.id))))


async def test_a_booking_and_all_that_goes_with_it(
    post: Post, session: AsyncSession, events: EventRecorder, clock: ClockControl
) -> None:
    now = clock.set(clock_now())
    user = await create_beneficiary(session, granted_cents=150_00)
    stock = await create_stock(session, price_cents=12_50, quantity=3, offer__name="Phèdre", price_category_label="Or")
    await session.commit()
    answer = await post(user.id, stock.id, 2)
    assert answer.status_code == 200
    booking = (await session.scalars(select(Booking))).one()
    assert answer.json() == {"bookingId": booking.id}
    assert (booking.status, booking.quantity, booking.amount_cents) == ("CONFIRMED", 2, 12_50)
    assert (booking.user_id, booking.stock_id, booking.offer_id) == (user.id, stock.id, stock.offer_id)
    assert booking.price_category_label == "Or"
    assert booking.date_created == now
    assert booking.cancellation_limit_date == now + timedelta(hours=48)
    assert booking.used_recredit_type == "RECREDIT_18"
    assert booking.is_first_of_venue
    wallet = (await session.scalars(select(Wallet))).one()
    assert (wallet.spent_cents, wallet.physical_spent_cents, wallet.digital_spent_cents) == (25_00, 25_00, 0)
    line = (await session.scalars(select(WalletEntry))).one()
    assert (line.wallet_id, line.booking_id, line.amount_cents, line.reason) == (
        wallet.id,
        booking.id,
        25_00,
        "BOOKED",
    )
    assert (await session.get_one(Inventory, stock.id)).booked_quantity == 2
    assert await events.names() == ["booking.created", "inventory.changed", "wallet.changed"]
    created, inventory, spent = await events.published()
    assert created["state"]["token"] == booking.token
    assert created["state"]["beneficiary"]["email"] == user.email
    assert created["state"]["offer"]["name"] == "Phèdre"
    assert created["state"]["offer"]["subcategory"]["id"] == "CONCERT"
    assert created["state"]["venue"]["address"]["city"] == "Paris"
    assert created["state"]["is_first_of_venue"] is True
    assert inventory["state"] == {"id": stock.id, "offer_id": stock.offer_id, "quantity": 3, "booked_quantity": 2}
    assert spent["state"] == {
        "id": wallet.id,
        "user_id": user.id,
        "credit_cents": 150_00,
        "spent_cents": 25_00,
        "replaces_id": None,
        "carried_cents": 0,
    }


def clock_now() -> Any:
    return clock.now().replace(microsecond=0)


async def test_unknown_stock(post: Post, session: AsyncSession) -> None:
    user = await create_beneficiary(session)
    await session.commit()
    for stock_id in (987_654, 0, -5, 2**63 - 1):
        answer = await post(user.id, stock_id)
        assert answer.status_code == 400
        assert list(answer.json()) == ["stock"]


@pytest.mark.parametrize("known", [True, False])
async def test_unknown_or_suspended_people(post: Post, session: AsyncSession, known: bool) -> None:
    stock = await create_stock(session)
    user = await create_beneficiary(session, is_active=False)
    await session.commit()
    answer = await post(user.id if known else 987_654, stock.id)
    assert answer.status_code == 403
    assert list(answer.json()) == ["email"]


async def test_category_forbidden_to_the_young(post: Post, session: AsyncSession) -> None:
    user = await create_beneficiary(session, roles=["UNDERAGE_BENEFICIARY"])
    stock = await create_stock(session, offer__is_bookable_by_underage_when_not_free=False)
    await session.commit()
    answer = await post(user.id, stock.id)
    assert (answer.status_code, answer.json()) == (400, {"code": "OFFER_CATEGORY_NOT_BOOKABLE_BY_USER"})


@pytest.mark.parametrize("roles", [["PRO"], ["ADMIN"], []])
async def test_free_offers_are_for_beneficiaries(post: Post, session: AsyncSession, roles: list[str]) -> None:
    user = await create_beneficiary(session, roles=roles)
    stock = await create_stock(session, price_cents=0)
    await session.commit()
    answer = await post(user.id, stock.id)
    assert answer.status_code == 400
    assert list(answer.json()) == ["cannotBookFreeOffers"]


async def test_an_offer_is_booked_once_until_cancelled(
    post: Post, session: AsyncSession, client: httpx.AsyncClient, tokens: Tokens
) -> None:
    user, stock = await create_beneficiary(session), await create_stock(session)
    await session.commit()
    booking_id = (await post(user.id, stock.id)).json()["bookingId"]
    again = await post(user.id, stock.id)
    assert (again.status_code, again.json()) == (400, {"code": "ALREADY_BOOKED"})
    cancelled = await client.post(f"/native/v1/bookings/{booking_id}/cancel", headers=tokens.native(user.id))
    assert cancelled.status_code == 204
    assert (await post(user.id, stock.id)).status_code == 200


@pytest.mark.parametrize(("quantity", "is_duo"), [(0, True), (-1, True), (3, True), (2, False), (10**30, True)])
async def test_quantity(post: Post, session: AsyncSession, quantity: int, is_duo: bool) -> None:
    user, stock = await create_beneficiary(session), await create_stock(session, offer__is_duo=is_duo)
    await session.commit()
    answer = await post(user.id, stock.id, quantity)
    assert answer.status_code == 400
    assert list(answer.json()) == ["quantity"]
    assert await count(session) == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"quantity": 1},
        {"is_soft_deleted": True},
        {"offer__validation": "PENDING"},
        {"offer__publication_datetime": None},
        {"offer__booking_allowed_datetime": "later"},
        {"booking_limit_datetime": "now"},
        {"beginning_datetime": "now"},
        {"offerer__is_active": False},
        {"offerer__validation_status": "NEW"},
    ],
)
async def test_not_bookable(post: Post, session: AsyncSession, changes: dict[str, Any], clock: ClockControl) -> None:
    now = clock.set(clock_now())
    moments = {"now": now, "later": now + timedelta(seconds=1)}
    changes = {name: moments.get(value, value) if isinstance(value, str) else value for name, value in changes.items()}
    user, stock = await create_beneficiary(session), await create_stock(session, **changes)
    await session.commit()
    answer = await post(user.id, stock.id, 2)
    assert (answer.status_code, answer.json()) == (400, NOT_BOOKABLE)


async def test_no_deposit(post: Post, session: AsyncSession) -> None:
    user, stock = await UserFactory.create(session), await create_stock(session)
    free = await create_stock(session, price_cents=0)
    await session.commit()
    for stock_id in (stock.id, free.id):
        answer = await post(user.id, stock_id)
        assert (answer.status_code, answer.json()) == (400, INSUFFICIENT)


async def test_an_expired_deposit_books_for_free_alone(post: Post, session: AsyncSession) -> None:
    user = await create_beneficiary(session, wallet__expiration_date=clock_now() - timedelta(days=1))
    free, paid = await create_stock(session, price_cents=0), await create_stock(session)
    await session.commit()
    assert (await post(user.id, free.id)).status_code == 200
    assert (await post(user.id, paid.id)).json() == INSUFFICIENT
    booking = (await session.scalars(select(Booking))).one()
    assert booking.deposit_id is None


@pytest.mark.parametrize(("price", "status"), [(50_00, 200), (50_01, 400)])
async def test_to_the_last_cent(post: Post, session: AsyncSession, price: int, status: int) -> None:
    user, stock = await create_beneficiary(session, granted_cents=50_00), await create_stock(session, price_cents=price)
    await session.commit()
    answer = await post(user.id, stock.id)
    assert answer.status_code == status
    assert status == 200 or answer.json() == INSUFFICIENT


@pytest.mark.parametrize(
    ("department", "price", "status"),
    [("75", 100_00, 200), ("75", 100_01, 400), ("976", 150_00, 200), ("976", 150_01, 400), ("986", 300_00, 200)],
)
async def test_digital_cap(post: Post, session: AsyncSession, department: str, price: int, status: int) -> None:
    user = await create_beneficiary(session, granted_cents=300_00, department_code=department)
    stock = await create_stock(session, price_cents=price, offer__digital=True)
    await session.commit()
    answer = await post(user.id, stock.id)
    assert answer.status_code == status
    assert status == 200 or answer.json() == INSUFFICIENT


async def test_physical_cap(post: Post, session: AsyncSession) -> None:
    user = await create_beneficiary(
        session, granted_cents=500_00, wallet__type="GRANT_18", wallet__generation=1, wallet__recredit_types=[]
    )
    first, second = await create_stock(session, price_cents=150_00), await create_stock(session, price_cents=50_01)
    await session.commit()
    assert (await post(user.id, first.id)).status_code == 200
    assert (await post(user.id, second.id)).json() == INSUFFICIENT


async def test_activation_codes(post: Post, session: AsyncSession, events: EventRecorder) -> None:
    stock = await create_stock(session, offer__digital=True, has_activation_codes=True)
    past = clock_now() - timedelta(days=1)
    await ActivationCodeFactory.create(session, stock_id=stock.id, expiration_date=past)
    code = await ActivationCodeFactory.create(session, stock_id=stock.id)
    first, second = await create_beneficiary(session), await create_beneficiary(session)
    await session.commit()
    answer = await post(first.id, stock.id)
    booking = (await session.scalars(select(Booking))).one()
    assert answer.json() == {"bookingId": booking.id}
    assert (booking.status, booking.validation_author_type) == ("USED", "AUTO")
    assert (await session.get_one(ActivationCode, code.id, populate_existing=True)).booking_id == booking.id
    assert await events.names() == ["booking.created", "booking.used", "inventory.changed", "wallet.changed"]
    assert (await events.published("booking.used"))[0]["state"]["activation_code"] == code.code
    answer = await post(second.id, stock.id)
    assert answer.status_code == 400
    assert list(answer.json()) == ["noActivationCodeAvailable"]


async def test_a_free_card_is_used_at_once(post: Post, session: AsyncSession, events: EventRecorder) -> None:
    user, stock = await create_beneficiary(session), await create_stock(session, price_cents=0, offer__card=True)
    await session.commit()
    assert (await post(user.id, stock.id)).status_code == 200
    booking = (await session.scalars(select(Booking))).one()
    assert (booking.status, booking.validation_author_type) == ("USED", "AUTO")
    assert booking.deposit_id is not None
    assert await events.names() == ["booking.created", "booking.used", "inventory.changed"]


async def test_a_token_that_is_taken_is_drawn_again(
    post: Post, session: AsyncSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = iter(["AAAAAA", "AAAAAA", "AAAAAA", "BBBBBB"])
    monkeypatch.setattr(book_module, "draw_token", lambda: next(drawn))
    users, stock = [await create_beneficiary(session) for _ in range(2)], await create_stock(session)
    await session.commit()
    for user in users:
        assert (await post(user.id, stock.id)).status_code == 200
    assert set(await session.scalars(select(Booking.token))) == {"AAAAAA", "BBBBBB"}


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        {"stockId": 1},
        {"quantity": 1},
        {"stockId": "x", "quantity": 1},
        {"stockId": True, "quantity": 1},
        {"stockId": 1.5, "quantity": 1},
        {"stockId": 2**63, "quantity": 1},
        {"stockId": 1, "quantity": None},
        {"stockId": 1, "quantity": "\x00"},
    ],
)
async def test_bodies_that_make_no_sense(
    client: httpx.AsyncClient, session: AsyncSession, tokens: Tokens, body: Any
) -> None:
    user = await create_beneficiary(session)
    await session.commit()
    answer = await client.post("/native/v1/bookings", json=body, headers=tokens.native(user.id))
    assert answer.status_code == 400
    assert await count(session) == 0


async def test_who_is_not_signed_in(client: httpx.AsyncClient, tokens: Tokens) -> None:
    body = {"stockId": 1, "quantity": 1}
    headers: list[dict[str, str]] = [{}, {"Authorization": "Bearer nonsense"}, tokens.pro(1)]
    for header in headers:
        assert (await client.post("/native/v1/bookings", json=body, headers=header)).status_code == 401


async def test_a_booking_takes_three_round_trips(database: Database, session: AsyncSession) -> None:
    user, other, stock = (
        await create_beneficiary(session),
        await create_beneficiary(session),
        await create_stock(session),
    )
    await session.commit()
    # The first prepares the statements.
    await book_module.book(database.pool, user_id=user.id, stock_id=stock.id, quantity=1)
    async with round_trips(database.pool) as seen:
        await book_module.book(database.pool, user_id=other.id, stock_id=stock.id, quantity=1)
    assert seen() == 3


async def test_a_refusal_takes_two_round_trips_and_leaves_statements_prepared(
    database: Database, session: AsyncSession
) -> None:
    user, stock = await create_beneficiary(session), await create_stock(session)
    await session.commit()
    await book_module.book(database.pool, user_id=user.id, stock_id=stock.id, quantity=1)
    async with round_trips(database.pool) as seen:
        with pytest.raises(book_module.Refused):
            await book_module.book(database.pool, user_id=user.id, stock_id=stock.id, quantity=1)
    assert seen() == 2
    async with database.pool.connection() as connection:
        cursor = await connection.execute("SELECT count(*) FROM pg_prepared_statements")
        assert (await cursor.fetchone())[0] >= 2
