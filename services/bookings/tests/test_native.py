"""The app's lists, details, cancellation and archive."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bookings.audit import broken_laws
from bookings.booking import actions
from bookings.booking.models import Booking
from bookings.booking.values import ValidationAuthor
from bookings.factories import ActivationCodeFactory, create_beneficiary, create_stock
from bookings.inventory.models import Inventory
from bookings.replicas.models import UserReplica
from bookings.wallet.models import Wallet, WalletEntry
from shared.database import Database
from shared.testing.recorders import ClockControl, EventRecorder, StatementCounter, Tokens

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
Book = Callable[..., Awaitable[int]]


@pytest.fixture(autouse=True)
def _fixed(clock: ClockControl) -> None:
    clock.set(NOW)


@pytest.fixture
async def user(session: AsyncSession) -> UserReplica:
    made = await create_beneficiary(session)
    await session.commit()
    return made


@pytest.fixture
def book(database: Database, session: AsyncSession, user: UserReplica) -> Book:
    async def make(quantity: int = 1, **stock: Any) -> int:
        made = await create_stock(session, **stock)
        await session.commit()
        return (await actions.book(database.pool, user_id=user.id, stock_id=made.id, quantity=quantity)).id

    return make


@pytest.fixture
def get(client: httpx.AsyncClient, tokens: Tokens, user: UserReplica) -> Callable[[str], Awaitable[httpx.Response]]:
    async def send(path: str) -> httpx.Response:
        return await client.get(path, headers=tokens.native(user.id))

    return send


@pytest.fixture
def post(client: httpx.AsyncClient, tokens: Tokens, user: UserReplica) -> Callable[..., Awaitable[httpx.Response]]:
    async def send(path: str, body: Any = None, user_id: int | None = None) -> httpx.Response:
        return await client.post(path, json=body, headers=tokens.native(user_id or user.id))

    return send


Get = Callable[[str], Awaitable[httpx.Response]]
Post = Callable[..., Awaitable[httpx.Response]]


async def test_one_booking(book: Book, get: Get, session: AsyncSession) -> None:
    booking_id = await book(
        2,
        price_cents=12_50,
        features=["VO"],
        price_category_label="Or",
        offer__name="Phèdre",
        offer__image_url="https://img.example.com/1.jpg",
        offer__ean="9782070360024",
    )
    booking = await session.get_one(Booking, booking_id)
    answer = await get(f"/native/v2/bookings/{booking_id}")
    assert answer.status_code == 200
    found = answer.json()
    assert found == {
        "id": booking_id,
        "canReact": False,
        "cancellationDate": None,
        "cancellationReason": None,
        "completedUrl": None,
        "confirmationDate": "2026-06-03T12:00:00Z",
        "dateCreated": "2026-06-01T12:00:00Z",
        "dateUsed": None,
        "displayAsEnded": None,
        "enablePopUpReaction": False,
        "expirationDate": None,
        "quantity": 2,
        "totalAmount": 25_00,
        "userReaction": None,
        "stock": {
            "id": booking.stock_id,
            "beginningDatetime": "2026-07-01T12:00:00Z",
            "features": ["VO"],
            "price": 12_50,
            "priceCategoryLabel": "Or",
            "isAutomaticallyUsed": False,
            "offer": {
                "id": booking.offer_id,
                "name": "Phèdre",
                "bookingContact": "contact@example.com",
                "extraData": {"ean": "9782070360024"},
                "image": {"url": "https://img.example.com/1.jpg", "credit": None},
                "isDigital": False,
                "isPermanent": False,
                "subcategoryId": "CONCERT",
                "url": None,
                "address": {
                    "id": 1,
                    "street": "12 rue des Lilas",
                    "postalCode": "75011",
                    "city": "Paris",
                    "label": None,
                    "coordinates": {"latitude": 48.86, "longitude": 2.37},
                    "timezone": "Europe/Paris",
                },
                "venue": {
                    "id": booking.venue_id,
                    "name": "Théâtre des Lilas",
                    "publicName": "Théâtre des Lilas",
                    "timezone": "Europe/Paris",
                    "bannerUrl": None,
                    "isOpenToPublic": True,
                    "address": {"id": 1},
                },
            },
        },
        "ticket": {
            "activationCode": None,
            "display": "ticket",
            "externalBooking": None,
            "token": {"data": booking.token},
            "voucher": None,
            "withdrawal": {"details": "Présentez-vous à l'accueil.", "type": "on_site", "delay": None},
        },
    }


async def test_lists(book: Book, get: Get, post: Post, session: AsyncSession) -> None:
    concert = await book()
    paper = await book(offer__thing=True)
    gone = await book(offer__thing=True)
    await post(f"/native/v1/bookings/{gone}/cancel")
    second = (await get("/native/v2/bookings")).json()
    assert [item["id"] for item in second["ongoingBookings"]] == [paper, concert]
    assert [item["id"] for item in second["endedBookings"]] == [gone]
    assert second["hasBookingsAfter18"] is True
    token = (await session.get_one(Booking, paper)).token
    ticket = second["ongoingBookings"][0]["ticket"]
    assert ticket["voucher"] == {"data": f"PASSCULTURE:v3;TOKEN:{token}"}
    assert second["ongoingBookings"][0]["expirationDate"] == "2026-06-11T12:00:00Z"
    assert second["endedBookings"][0]["cancellationReason"] == "BENEFICIARY"
    assert second["endedBookings"][0]["ticket"]["voucher"] == {"data": None}
    first = (await get("/native/v1/bookings")).json()
    assert [item["id"] for item in first["ongoing_bookings"]] == [paper, concert]
    assert [item["id"] for item in first["ended_bookings"]] == [gone]
    assert first["hasBookingsAfter18"] is True
    assert first["ongoing_bookings"][0]["qrCodeData"] == f"PASSCULTURE:v3;TOKEN:{token}"
    assert first["ongoing_bookings"][0]["token"] == token
    assert first["ended_bookings"][0]["qrCodeData"] is None
    ongoing = (await get("/native/v2/bookings/ongoing")).json()["bookings"]
    assert [item["id"] for item in ongoing] == [paper, concert]
    assert [item["id"] for item in (await get("/native/v2/bookings/ended")).json()["bookings"]] == [gone]
    assert ongoing[0]["stock"]["offer"]["address"] == {"timezone": "Europe/Paris", "city": "Paris", "label": None}


async def test_an_online_booking_shows_its_code(book: Book, get: Get, session: AsyncSession) -> None:
    plain = await book(offer__digital=True)
    token = (await session.get_one(Booking, plain)).token
    found = (await get(f"/native/v2/bookings/{plain}")).json()
    assert found["ticket"]["display"] == "online_code"
    assert found["ticket"]["token"] == {"data": token}
    assert found["completedUrl"].startswith(f"https://lire.example.com/{token}?")


async def test_an_activation_code_takes_the_place_of_the_token(
    get: Get, session: AsyncSession, database: Database, user: UserReplica
) -> None:
    stock = await create_stock(session, offer__digital=True, has_activation_codes=True)
    await ActivationCodeFactory.create(session, stock_id=stock.id, code="SESAME", expiration_date=NOW + timedelta(9))
    await session.commit()
    booked = await actions.book(database.pool, user_id=user.id, stock_id=stock.id, quantity=1)
    found = (await get(f"/native/v2/bookings/{booked.id}")).json()
    assert found["ticket"]["activationCode"] == {"code": "SESAME", "expirationDate": "2026-06-10T12:00:00Z"}
    assert found["ticket"]["token"] is None
    assert found["completedUrl"].startswith("https://lire.example.com/SESAME?")
    # Used at once, it is listed as ongoing until its holder puts it away.
    assert [item["id"] for item in (await get("/native/v2/bookings")).json()["ongoingBookings"]] == [booked.id]


@pytest.mark.parametrize("path", ["v1/bookings", "v2/bookings", "v2/bookings/ongoing"])
async def test_lists_take_the_same_statements_however_long(
    book: Book, get: Get, statements: StatementCounter, path: str
) -> None:
    await book()
    with statements() as few:
        await get(f"/native/{path}")
    for _ in range(4):
        await book()
    with statements() as many:
        answer = await get(f"/native/{path}")
    assert answer.status_code == 200
    assert len(few) == len(many) == 2


@pytest.mark.parametrize("number", ["987654", "0", str(10**30), "abc", "1.5", "%00", "ONGOING", "é"])
async def test_unknown_bookings(get: Get, post: Post, number: str) -> None:
    for answer in (
        await get(f"/native/v2/bookings/{number}"),
        await post(f"/native/v1/bookings/{number}/cancel"),
        await post(f"/native/v1/bookings/{number}/toggle_display", {"ended": True}),
    ):
        assert answer.status_code == 404


async def test_other_peoples_bookings(book: Book, client: Any, tokens: Tokens, session: AsyncSession) -> None:
    booking_id = await book()
    other = await create_beneficiary(session)
    await session.commit()
    headers = tokens.native(other.id)
    for answer in (
        await client.get(f"/native/v2/bookings/{booking_id}", headers=headers),
        await client.post(f"/native/v1/bookings/{booking_id}/cancel", headers=headers),
        await client.post(f"/native/v1/bookings/{booking_id}/toggle_display", json={"ended": True}, headers=headers),
    ):
        assert answer.status_code == 404
    assert (await session.get_one(Booking, booking_id)).status == "CONFIRMED"
    assert (await client.get("/native/v2/bookings", headers=headers)).json()["ongoingBookings"] == []


async def test_cancelling_gives_everything_back(
    book: Book, post: Post, session: AsyncSession, events: EventRecorder, user: UserReplica
) -> None:
    booking_id = await book(2)
    assert (await post(f"/native/v1/bookings/{booking_id}/cancel")).status_code == 204
    booking = await session.get_one(Booking, booking_id, populate_existing=True)
    assert (booking.status, booking.cancellation_reason) == ("CANCELLED", "BENEFICIARY")
    assert (booking.cancellation_date, booking.cancellation_user_id) == (NOW, user.id)
    assert (await session.scalars(select(Wallet.spent_cents))).one() == 0
    assert list(await session.scalars(select(WalletEntry.amount_cents).order_by(WalletEntry.id))) == [20_00, -20_00]
    assert (await session.get_one(Inventory, booking.stock_id, populate_existing=True)).booked_quantity == 0
    assert (await events.names())[3:] == ["inventory.changed", "wallet.changed", "booking.cancelled"]
    assert (await post(f"/native/v1/bookings/{booking_id}/cancel")).status_code == 204
    assert len(await events.names()) == 6
    assert await broken_laws(session) == {}


async def test_what_cannot_be_cancelled(
    book: Book, post: Post, session: AsyncSession, database: Database, clock: ClockControl
) -> None:
    used, confirmed = await book(), await book(beginning_datetime=NOW + timedelta(days=1))
    async with database.transaction() as own:
        await actions.use_many(own, [used], author=ValidationAuthor.OFFERER, still=lambda _: True)
    answer = await post(f"/native/v1/bookings/{used}/cancel")
    assert answer.status_code == 400
    assert answer.json()["code"] == "ALREADY_USED"
    assert answer.json()["message"]
    answer = await post(f"/native/v1/bookings/{confirmed}/cancel")
    assert answer.status_code == 400
    assert answer.json()["code"] == "CONFIRMED_BOOKING"
    late = await book()
    clock.advance(days=2)
    assert (await post(f"/native/v1/bookings/{late}/cancel")).json()["code"] == "CONFIRMED_BOOKING"


async def test_who_is_no_beneficiary_any_more_cannot_cancel(
    book: Book, post: Post, session: AsyncSession, user: UserReplica
) -> None:
    booking_id = await book()
    known = await session.get_one(UserReplica, user.id)
    known.roles = ["PRO"]
    await session.commit()
    answer = await post(f"/native/v1/bookings/{booking_id}/cancel")
    assert (answer.status_code, answer.json()) == (400, {})


async def test_an_expired_deposit_still_gets_its_money_back(book: Book, post: Post, session: AsyncSession) -> None:
    booking_id = await book()
    wallet = (await session.scalars(select(Wallet))).one()
    wallet.expiration_date = NOW - timedelta(days=1)
    await session.commit()
    assert (await post(f"/native/v1/bookings/{booking_id}/cancel")).status_code == 204
    assert (await session.scalars(select(Wallet.spent_cents))).one() == 0


async def test_a_burned_code_is_not_sold_again(session: AsyncSession, database: Database, user: UserReplica) -> None:
    stock = await create_stock(session, quantity=2, offer__digital=True, has_activation_codes=True)
    await ActivationCodeFactory.create_many(session, 2, stock_id=stock.id)
    await session.commit()
    booked = await actions.book(database.pool, user_id=user.id, stock_id=stock.id, quantity=1)
    async with database.transaction() as own:
        from bookings.booking.values import CancellationReason

        assert await actions.cancel_many(
            own, [booked.id], reason=CancellationReason.BACKOFFICE, still=lambda _: True
        ) == [booked.id]
    inventory = await session.get_one(Inventory, stock.id, populate_existing=True)
    assert (inventory.quantity, inventory.booked_quantity, inventory.burned_quantity) == (1, 0, 1)
    assert await broken_laws(session) == {}


async def test_archiving(book: Book, get: Get, post: Post, session: AsyncSession) -> None:
    booking_id = await book(offer__thing=True)
    path = f"/native/v1/bookings/{booking_id}/toggle_display"
    assert (await post(path, {"ended": True})).status_code == 204
    assert [item["id"] for item in (await get("/native/v2/bookings/ended")).json()["bookings"]] == [booking_id]
    assert (await get(f"/native/v2/bookings/{booking_id}")).json()["displayAsEnded"] is True
    assert (await post(path, {"ended": False})).status_code == 204
    assert [item["id"] for item in (await get("/native/v2/bookings/ongoing")).json()["bookings"]] == [booking_id]
    for body in ({}, {"ended": None}, {"ended": "peut-être"}, [], None):
        assert (await post(path, body)).status_code == 400


async def test_suspended_people_see_nothing(
    book: Book, get: Get, post: Post, session: AsyncSession, user: UserReplica
) -> None:
    booking_id = await book()
    (await session.get_one(UserReplica, user.id)).is_active = False
    await session.commit()
    for answer in (
        await get("/native/v1/bookings"),
        await get("/native/v2/bookings"),
        await get("/native/v2/bookings/ongoing"),
        await get(f"/native/v2/bookings/{booking_id}"),
        await post(f"/native/v1/bookings/{booking_id}/cancel"),
        await post(f"/native/v1/bookings/{booking_id}/toggle_display", {"ended": True}),
    ):
        assert answer.status_code == 403
        assert list(answer.json()) == ["email"]


async def test_what_the_profile_shows_of_the_wallet(
    book: Book, get: Get, session: AsyncSession, client: httpx.AsyncClient, tokens: Tokens
) -> None:
    first = await book(2)
    second = await book(offer__digital=True, price_cents=30_00)
    offers = {item.id: item.offer_id for item in await session.scalars(select(Booking))}
    answer = await get("/internal/wallets/me")
    assert answer.status_code == 200
    assert answer.json() == {
        "domainsCredit": {
            "all": {"initial": 150_00, "remaining": 100_00},
            "digital": {"initial": 100_00, "remaining": 70_00},
            "physical": None,
        },
        "bookedOffers": {str(offers[first]): first, str(offers[second]): second},
    }
    stranger = await client.get("/internal/wallets/me", headers=tokens.native(987_654))
    assert stranger.json() == {"domainsCredit": None, "bookedOffers": {}}
    assert (await client.get("/internal/wallets/me")).status_code == 401
