"""A booking asked for again under its key: one effect, one answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from psycopg import OperationalError
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from bookings.audit import broken_laws
from bookings.booking import book as book_module
from bookings.booking.models import Booking
from bookings.factories import create_beneficiary, create_stock
from bookings.idempotency import jobs
from bookings.idempotency.keys import Answer as KeptAnswer
from bookings.idempotency.keys import Key, KeyReused, fingerprint_of, keep
from bookings.idempotency.models import IdempotencyKey
from bookings.replicas.models import StockReplica, UserReplica
from shared.database import Database
from shared.testing.recorders import ClockControl, EventRecorder, Tokens
from shared.testing.traffic import round_trips

Post = Callable[..., Awaitable[httpx.Response]]


@pytest.fixture
def settings_overrides() -> dict[str, Any]:
    return {"database_lock_timeout_ms": 500}


@pytest.fixture
def post(client: httpx.AsyncClient, tokens: Tokens) -> Post:
    async def send(user_id: int, stock_id: int, key: str | bytes | None = "k1", quantity: int = 1) -> httpx.Response:
        headers: dict[str, Any] = dict(tokens.native(user_id))
        if key is not None:
            headers["Idempotency-Key"] = key
        body = {"stockId": stock_id, "quantity": quantity}
        return await client.post("/native/v1/bookings", json=body, headers=headers)

    return send


@pytest.fixture
async def user(session: AsyncSession) -> UserReplica:
    made = await create_beneficiary(session, granted_cents=150_00)
    await session.commit()
    return made


@pytest.fixture
async def stock(session: AsyncSession) -> StockReplica:
    made = await create_stock(session, quantity=5, price_cents=10_00)
    await session.commit()
    return made


@pytest.fixture(autouse=True)
async def _the_laws_hold(session: AsyncSession) -> Any:
    yield
    await session.rollback()
    assert await broken_laws(session) == {}


async def bookings(session: AsyncSession) -> list[Booking]:
    await session.commit()
    return list(await session.scalars(select(Booking).order_by(Booking.id)))


async def kept(session: AsyncSession) -> list[IdempotencyKey]:
    await session.commit()
    return list(await session.scalars(select(IdempotencyKey)))


async def test_the_same_request_gets_the_first_answer(
    post: Post, session: AsyncSession, events: EventRecorder, user: UserReplica, stock: StockReplica
) -> None:
    first = await post(user.id, stock.id)
    told = await events.names()
    again = await post(user.id, stock.id)
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json() == first.json() == {"bookingId": (await bookings(session))[0].id}
    assert again.headers["content-type"] == first.headers["content-type"]
    assert len(await bookings(session)) == 1
    assert await events.names() == told
    assert (await post(user.id, stock.id, key=None)).json() == {"code": "ALREADY_BOOKED"}


async def test_the_answer_outlives_the_booking(
    post: Post, client: httpx.AsyncClient, tokens: Tokens, user: UserReplica, stock: StockReplica
) -> None:
    first = await post(user.id, stock.id)
    path = f"/native/v1/bookings/{first.json()['bookingId']}/cancel"
    assert (await client.post(path, headers=tokens.native(user.id))).status_code == 204
    assert (await post(user.id, stock.id)).json() == first.json()


async def test_a_key_is_its_callers_own(post: Post, session: AsyncSession, stock: StockReplica) -> None:
    users = [await create_beneficiary(session) for _ in range(2)]
    await session.commit()
    ids = [(await post(user.id, stock.id)).json()["bookingId"] for user in users]
    assert ids == [booking.id for booking in await bookings(session)]
    assert len(set(ids)) == 2


@pytest.mark.parametrize("change", ["stock", "quantity"])
async def test_another_request_under_the_key_is_refused(
    post: Post, session: AsyncSession, user: UserReplica, stock: StockReplica, change: str
) -> None:
    other = await create_stock(session)
    await session.commit()
    await post(user.id, stock.id)
    answer = await (post(user.id, other.id) if change == "stock" else post(user.id, stock.id, quantity=2))
    assert (answer.status_code, answer.json()) == (422, {"code": "IDEMPOTENCY_KEY_REUSED"})
    assert len(await bookings(session)) == 1


async def test_a_refusal_of_the_rules_stays_the_answer(
    post: Post, session: AsyncSession, user: UserReplica, stock: StockReplica
) -> None:
    refused = await post(user.id, stock.id, quantity=3)
    assert (refused.status_code, list(refused.json())) == (400, ["quantity"])
    sold_out = await create_stock(session, quantity=0)
    await session.commit()
    assert (await post(user.id, sold_out.id, "k2")).json() == {"code": "STOCK_NOT_BOOKABLE"}
    await session.execute(text("UPDATE inventory SET quantity = 5"))
    await session.commit()
    assert (await post(user.id, sold_out.id, "k2")).json() == {"code": "STOCK_NOT_BOOKABLE"}
    assert (await post(user.id, stock.id, quantity=3)).json() == refused.json()
    assert (await post(user.id, sold_out.id, "k3")).status_code == 200
    assert sorted((row.key, row.status) for row in await kept(session)) == [("k1", 400), ("k2", 400), ("k3", 200)]


async def test_what_may_change_in_a_moment_is_not_kept(
    post: Post, session: AsyncSession, user: UserReplica, stock: StockReplica, database: Database
) -> None:
    async with database.transaction() as other:
        await other.execute(text("SELECT FROM inventory FOR UPDATE"))
        answer = await post(user.id, stock.id)
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) > 0
    await session.execute(text("UPDATE user_replica SET is_active = false"))
    await session.commit()
    assert (await post(user.id, stock.id)).status_code == 403
    assert await kept(session) == []
    await session.execute(text("UPDATE user_replica SET is_active = true"))
    await session.commit()
    assert (await post(user.id, stock.id)).status_code == 200


async def test_a_failure_half_way_leaves_no_answer(
    post: Post, session: AsyncSession, user: UserReplica, stock: StockReplica, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(*_: Any, **__: Any) -> Any:
        raise OperationalError

    with monkeypatch.context() as patched:
        patched.setattr(book_module, "_facts", cut)
        assert (await post(user.id, stock.id)).status_code == 503
    assert await kept(session) == []
    assert (await post(user.id, stock.id)).status_code == 200


async def test_twenty_at_once_are_one(
    post: Post, session: AsyncSession, user: UserReplica, stock: StockReplica
) -> None:
    answers = await asyncio.gather(*(post(user.id, stock.id) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    assert [booking.id for booking in await bookings(session)] == [answers[0].json()["bookingId"]]


async def test_twenty_at_once_are_refused_alike(post: Post, session: AsyncSession, user: UserReplica) -> None:
    stock = await create_stock(session, quantity=0)
    await session.commit()
    answers = await asyncio.gather(*(post(user.id, stock.id) for _ in range(20)))
    assert {(answer.status_code, answer.text) for answer in answers} == {(400, answers[0].text)}


async def test_without_the_lock_the_table_still_keeps_a_key_to_one_effect(
    post: Post, session: AsyncSession, user: UserReplica, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two requests that both found the key free: the one that comes second finds it answered, however it was."""
    monkeypatch.setattr("bookings.idempotency.keys._LOCK", b"SELECT %(lock)s")
    stocks = [await create_stock(session, price_cents=0) for _ in range(6)]
    await session.commit()
    answers = await asyncio.gather(*(post(user.id, stock.id) for stock in stocks))
    assert sorted(answer.status_code for answer in answers) == [200] + [422] * 5
    assert len(await bookings(session)) == 1


async def test_a_duplicate_waits_no_longer_than_for_a_lock(
    post: Post, session: AsyncSession, user: UserReplica, stock: StockReplica, database: Database
) -> None:
    key = Key(user.id, "k1", "", lambda _: KeptAnswer(200, {}))
    async with database.transaction() as first:
        await first.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": key.lock})
        answer = await post(user.id, stock.id)
    assert (answer.status_code, answer.json()) == (409, {"code": "IDEMPOTENCY_KEY_IN_PROGRESS"})
    assert answer.headers["retry-after"] == "1"
    assert await kept(session) == []
    assert (await post(user.id, stock.id)).status_code == 200


async def test_who_kept_first_is_right(session: AsyncSession, database: Database) -> None:
    def key(fingerprint: str) -> Key:
        return Key(1, "k", fingerprint, lambda _: KeptAnswer(200, {}))

    one, two = fingerprint_of("book", 1, 2), fingerprint_of("book", 12)
    assert one != two
    first, second = KeptAnswer(400, {"code": "A"}), KeptAnswer(400, {"code": "B"})
    assert await keep(database.pool, key(one), first) == first
    assert await keep(database.pool, key(one), second) == first
    with pytest.raises(KeyReused):
        await keep(database.pool, key(two), second)


@pytest.mark.parametrize("key", ["", " ", "x" * 256, "clé", "a\tb", b"\xff", b"a\x00b"])
async def test_keys_that_make_no_sense(
    post: Post, session: AsyncSession, user: UserReplica, stock: StockReplica, key: Any
) -> None:
    answer = await post(user.id, stock.id, key.encode() if isinstance(key, str) else key)
    assert (answer.status_code, list(answer.json())) == (400, ["Idempotency-Key"])
    assert await bookings(session) == []


@pytest.mark.parametrize("key", ["x" * 255, "!~", "5e2f6a7c-0d5c-4c49-9f6e-5a4a4f3a1b11"])
async def test_keys_that_do(post: Post, user: UserReplica, stock: StockReplica, key: str) -> None:
    assert (await post(user.id, stock.id, key)).status_code == 200


async def test_keys_are_forgotten_after_a_day(
    post: Post, session: AsyncSession, database: Database, user: UserReplica, clock: ClockControl
) -> None:
    stocks = [await create_stock(session) for _ in range(3)]
    await session.commit()
    for stock in stocks:
        await post(user.id, stock.id, f"k{stock.id}")
    clock.advance(hours=23, minutes=59)
    assert await jobs.forget(database) == 0
    await post(user.id, stocks[0].id, "young")
    clock.advance(minutes=2)
    assert await jobs.forget(database, batch=2) == 3
    assert [row.key for row in await kept(session)] == ["young"]
    assert await jobs.forget(database) == 0


@pytest.mark.parametrize(("key", "expected"), [(None, 3), ("new", 4), ("old", 2)])
async def test_round_trips(app: FastAPI, post: Post, session: AsyncSession, key: str | None, expected: int) -> None:
    """A key costs one round trip more; its answer given again costs the look and the end of the transaction."""
    user = await create_beneficiary(session)
    stocks = [await create_stock(session) for _ in range(3)]
    await session.commit()
    # The first bookings prepare the statements, and the second is what is asked again.
    await post(user.id, stocks[0].id, None if key is None else "first")
    await post(user.id, stocks[1].id, None if key is None else "old")
    stock = stocks[1] if key == "old" else stocks[2]
    async with round_trips(app.state.database.pool) as seen:
        assert (await post(user.id, stock.id, key)).status_code == 200
    assert seen() == expected
