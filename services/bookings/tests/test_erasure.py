"""A person who was made anonymous is in no fact that bookings told, nor in what it keeps."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any

import orjson
from redis.asyncio import Redis
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from bookings.booking import actions
from bookings.booking.book import book
from bookings.booking.models import Booking
from bookings.booking.values import CancellationReason
from bookings.erasure.actions import PERSONAL, clean_outbox
from bookings.erasure.models import ErasedPerson
from bookings.fact_factories import user_state
from bookings.factories import create_beneficiary, create_stock
from bookings.idempotency.models import IdempotencyKey
from bookings.replicas.models import UserReplica
from shared.database import Database
from shared.events.audit import unpublished
from shared.events.bookings import BOOKING
from shared.events.brokers import open_broker
from shared.events.erasure import take_back
from shared.events.relay import Relay
from shared.events.users import USER
from shared.testing.recorders import ClockControl, Delivery

MARKS = ("Zébulon", "Quatremarre", "zebulon@example.com", "+33698765432", "2008-06-14")
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


async def _life(session: AsyncSession) -> int:
    """A person with a booking, a cancelled one and a kept answer; the holder's id."""
    user = await create_beneficiary(
        session,
        first_name="Zébulon",
        last_name="Quatremarre",
        email="zebulon@example.com",
        phone_number="+33698765432",
        birth_date=date(2008, 6, 14),
    )
    session.add(
        IdempotencyKey(user_id=user.id, key="k", fingerprint="f", status=200, body={"bookingId": 1}, date_created=NOW)
    )
    await session.commit()
    return user.id


def nobody(user_id: int) -> Any:
    return user_state(
        user_id,
        email=f"anonymous_{user_id}@anonymized.passculture",
        first_name=None,
        last_name=None,
        birth_date=date(2008, 1, 1),
        phone_number=None,
        postal_code=None,
        department_code=None,
        roles=["ANONYMIZED"],
        is_active=False,
    )


async def found(database: Database, redis: Redis) -> list[str]:
    seen = []
    async with database.transaction() as session:
        tables = await session.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
        for table in tables.all():
            rows = await session.execute(text(f'SELECT t::text FROM "{table}" t'))  # noqa: S608
            seen += [f"{table}: {mark}" for (row,) in rows for mark in MARKS if mark in row]
    for stream in (BOOKING.stream, f"{BOOKING.stream}.dead"):
        for _, data in await redis.xrange(stream):
            seen += [f"{stream}: {mark}" for mark in MARKS if mark in str(orjson.loads(data[b"__data__"]))]
    return seen


async def publish(settings: Any, database: Database) -> None:
    """Have the relay send everything that waits."""
    stop = asyncio.Event()
    broker = open_broker(settings)
    relay = asyncio.create_task(Relay(settings, database, broker).run(stop))
    async with asyncio.timeout(10):
        while True:
            async with database.transaction() as session:
                if not await unpublished(session):
                    break
            await asyncio.sleep(0.01)
    stop.set()
    await relay
    await broker.close()


async def test_snapshots_are_taken_back_everywhere(
    database: Database,
    session: AsyncSession,
    settings: Any,
    redis: Redis,
    deliver: Delivery,
    clock: ClockControl,
) -> None:
    clock.set(NOW)
    user_id = await _life(session)
    stock = await create_stock(session)
    stranger = await create_beneficiary(session)
    await session.commit()
    for holder in (user_id, stranger.id):
        await book(database.pool, user_id=holder, stock_id=stock.id, quantity=1)
    await publish(settings, database)
    # One letter was set aside, and one fact has not left yet.
    entries = await redis.xrange(BOOKING.stream)
    await redis.xadd(f"{BOOKING.stream}.dead", {**entries[0][1], b"group": b"documents", b"reason": b"x"})
    async with database.transaction() as inside:
        booking = (await inside.scalars(select(Booking).where(Booking.user_id == user_id))).one()
        await actions.cancel_many(inside, [booking.id], reason=CancellationReason.BENEFICIARY, still=lambda _: True)
    await redis.xgroup_create(BOOKING.stream, "documents", id="0")
    before = await found(database, redis)
    assert {place.partition(":")[0] for place in before} == {
        "outbox",
        "user_replica",
        BOOKING.stream,
        f"{BOOKING.stream}.dead",
    }
    await deliver(USER, "anonymized", nobody(user_id), version=10_000)

    # Nobody has read the stream yet: its entries must stay, everything else goes.
    async def clean(**options: Any) -> dict[str, int]:
        return await take_back(settings, database, ErasedPerson, PERSONAL, clean_outbox, **options)

    assert await clean(dry_run=True) == {"would_take_back": 1}
    counts = await clean()
    assert (counts["people"], counts["outbox"], counts["entries"], counts["waiting"]) == (1, 2, 0, 1)
    assert counts["dead_letters"] == 1
    assert {place.partition(":")[0] for place in await found(database, redis)} == {BOOKING.stream}
    # Read, but not settled: still not.
    read = await redis.xreadgroup("documents", "a", {BOOKING.stream: ">"})
    assert (await clean())["entries"] == 0
    await redis.xack(BOOKING.stream, "documents", *(entry_id for entry_id, _ in read[0][1]))
    counts = await clean()
    assert (counts["entries"], counts["waiting"], counts["cleared"]) == (1, 0, 0)
    assert await found(database, redis) == []
    # The stranger's fact is there, and the cancellation leaves without a name.
    assert await redis.xlen(BOOKING.stream) == 1
    await publish(settings, database)
    assert await found(database, redis) == []
    assert await redis.xlen(BOOKING.stream) == 2
    # Some minutes later nobody waits any more, once the last fact is read too.
    read = await redis.xreadgroup("documents", "a", {BOOKING.stream: ">"})
    clock.set(NOW + timedelta(minutes=11))
    assert (await clean())["cleared"] == 1
    assert await clean() == dict.fromkeys(counts, 0)


async def test_a_replay_forgets_again_and_the_living_are_left_alone(
    database: Database, session: AsyncSession, deliver: Delivery
) -> None:
    user_id = await _life(session)
    await deliver(USER, "replayed", user_state(user_id), version=10)
    async with database.transaction() as inside:
        assert await inside.get(ErasedPerson, user_id) is None
        assert (await inside.scalars(select(IdempotencyKey))).all()
    await deliver(USER, "replayed", nobody(user_id), version=11)
    async with database.transaction() as inside:
        assert await inside.get(ErasedPerson, user_id) is not None
        assert not (await inside.scalars(select(IdempotencyKey))).all()
        assert (await inside.get_one(UserReplica, user_id)).first_name is None
