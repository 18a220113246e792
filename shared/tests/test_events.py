"""Outbox to effect over a real broker, of every kind: nothing lost, nothing twice."""

import asyncio
from uuid import uuid4

import psycopg
import pytest
import pytest_asyncio
from kinds import running, until
from nats import errors as nats_errors
from redis import exceptions as redis_errors
from sample.base import ThingReplica
from sample.events import THING, ThingState
from sample.worker import subscribers
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionInTime

from shared.database import emit
from shared.events import upkeep
from shared.events.brokers import BrokerChanged
from shared.events.brokers.jetstream import JetStream
from shared.events.brokers.redis_streams import RedisStreams
from shared.events.consumers import Consumers, is_of_the_moment
from shared.events.relay import Relay
from shared.events.subscribers import join
from shared.events.worker import Worker

DEADLINE = 10.0


@pytest.fixture
def settings_overrides(broker_url):
    return {"claim_idle_ms": 50, "max_deliveries": 3, "broker_url": broker_url}


@pytest_asyncio.fixture
async def relay(settings, database, broker):
    return Relay(settings, database, broker)


@pytest_asyncio.fixture
async def consumers(settings, database, broker):
    return Consumers(settings, database, broker, join([subscribers]))


async def tell(database, *labels, identifier=1, fact="made"):
    for label in labels:
        async with database.transaction() as session:
            await emit(session, THING, fact, ThingState(id=identifier, label=label))


async def label_of(database, identifier=1):
    async with database.transaction() as session:
        return (
            await session.execute(select(ThingReplica.label).where(ThingReplica.id == identifier))
        ).scalar_one_or_none()


async def unpublished(database):
    async with database.transaction() as session:
        return (await session.execute(text("SELECT count(*) FROM outbox WHERE published_at IS NULL"))).scalar_one()


async def test_facts_told_before_anyone_listened_arrive(database, broker, kind, relay, consumers):
    await tell(database, "one", "two", "three")
    async with running(relay):
        await until(lambda: _is(unpublished(database), 0))
        async with running(consumers):
            await until(lambda: _is(label_of(database), "three"))
            await tell(database, "four")
            await until(lambda: _is(label_of(database), "four"))
            await until(lambda: kind.all_is_settled())


async def _is(awaitable, value):
    return (await awaitable) == value


@pytest.mark.usefixtures("broker_url")
async def test_an_older_fact_does_not_undo_a_newer_one(database, deliver):
    assert await deliver(THING, "made", ThingState(id=1, label="new"), version=5)
    assert await deliver(THING, "made", ThingState(id=1, label="old"), version=4)
    assert await label_of(database) == "new"


@pytest.mark.usefixtures("broker_url")
async def test_a_redelivery_has_no_effect(database, deliver):
    event_id = uuid4()
    assert await deliver(THING, "made", ThingState(id=1, label="a"), event_id=event_id)
    assert not await deliver(THING, "renamed", ThingState(id=1, label="b"), event_id=event_id)
    assert await label_of(database) == "a"


async def test_a_poisoned_event_is_set_aside_and_delays_nobody(database, broker, kind, relay, consumers):
    await tell(database, "poison", identifier=13)
    await tell(database, "good", identifier=14)
    async with running(relay, consumers):
        await until(lambda: _is(label_of(database, 14), "good"))
        await until(lambda: _is(broker.count_dead(THING.stream), 1))
        await until(lambda: kind.all_is_settled())
    [dead] = await broker.dead_letters(THING.stream)
    assert b'"poison"' in dead.data
    assert (dead.stream, dead.group, dead.reason) == (THING.stream, "sample", "ValueError")
    assert await label_of(database, 13) is None


async def test_an_unreadable_entry_is_set_aside_at_once(database, broker, kind, relay, consumers):
    async with running(relay, consumers):
        await kind.put(b"{}")
        await until(lambda: _is(broker.count_dead(THING.stream), 1))
        await until(lambda: kind.all_is_settled())


async def test_what_a_dead_consumer_held_is_taken_over(database, broker, kind, relay, consumers):
    await tell(database, "held")
    async with running(relay):
        await until(lambda: _is(unpublished(database), 0))
        assert len(await kind.take(1, claim_idle_ms=50)) == 1
        async with running(consumers):
            await until(lambda: _is(label_of(database), "held"))
            await until(lambda: kind.all_is_settled())


async def test_a_broker_that_came_back_empty_is_told_again(database, broker, kind, relay, consumers):
    async with running(relay, consumers):
        await tell(database, "first")
        await until(lambda: _is(label_of(database), "first"))
        await kind.forget()
        await tell(database, "second", identifier=2)
        await until(lambda: _is(label_of(database, 2), "second"))
        # Both are on the new stream; the inbox dropped the one that had arrived.
        await until(lambda: _is(kind.length(), 2))
        await until(lambda: kind.all_is_settled())
        async with database.transaction() as session:
            assert (await session.execute(text("SELECT count(*) FROM inbox"))).scalar_one() == 2


async def test_a_broker_that_lost_its_newest_entries_is_told_those_again(settings, database, broker, kind, relay):
    async with running(relay):
        await tell(database, "kept")
        await until(lambda: _is(unpublished(database), 0))
        kept = await broker.watermark("sample")
        await tell(database, "lost")
        await until(lambda: _is(kind.length(), 2))
    await kind.lose_newest(kept)
    assert await kind.length() == 1
    async with running(Relay(settings, database, broker)):
        await until(lambda: _is(kind.length(), 2))


async def test_two_relays_publish_once(settings, database, broker, kind):
    async with running(Relay(settings, database, broker), Relay(settings, database, broker)):
        await tell(database, *(str(number) for number in range(20)))
        await until(lambda: _is(unpublished(database), 0))
    assert await kind.length() == 20


async def test_the_entry_on_the_stream_is_plain_json_with_trace_and_version(database, broker, kind, relay):
    await tell(database, "x")
    async with running(relay):
        await until(lambda: _is(unpublished(database), 0))
    [entry] = await kind.kept()
    event = THING.event.model_validate_json(entry)
    assert (event.name, event.state, event.fact) == ("thing.made", ThingState(id=1, label="x"), "made")
    assert event.aggregate_version > 0


def test_an_undeclared_fact_is_a_programming_error():
    with pytest.raises(ValueError, match="does not declare"):
        THING.event_name("vanished")


async def test_a_batch_is_never_sent_to_a_broker_that_lost_its_data_meanwhile(settings, database, broker, kind, relay):
    """Else its watermark would hide that everything before is gone."""
    connection = await database.connect()
    try:
        await tell(database, "before")
        await relay._compare_watermark(connection)
        assert await relay.publish_once(connection) == 1
        await tell(database, "after")
        await relay._compare_watermark(connection)
        await kind.forget()
        with pytest.raises(BrokerChanged):
            await relay.publish_once(connection)
        assert await kind.length() == 0
        assert await broker.watermark("sample") is None
        await relay._compare_watermark(connection)
        assert await relay.publish_once(connection) == 2
    finally:
        await connection.close()


async def test_a_relay_that_lost_its_lock_asleep_sends_nothing(settings, database, broker, kind, relay):
    """It wakes up between looking and sending; another one has taken over and sent since."""
    other = Relay(settings, database, broker)
    first, second = await database.connect(), await database.connect()
    try:
        await tell(database, "one")
        await relay._compare_watermark(first)
        await other._compare_watermark(second)
        assert await other.publish_once(second) == 1
        await tell(database, "two")
        with pytest.raises(BrokerChanged):
            await relay.publish_once(first)
        assert await kind.length() == 1
    finally:
        await first.close()
        await second.close()


async def test_an_event_that_two_cannot_bear_is_set_aside_once(settings, database, broker, kind, consumers):
    await kind.put(b"{}")
    [entry] = await kind.take(1)
    asleep = Consumers(settings, database, broker, join([subscribers]))
    for each in (consumers, asleep):
        await each._bury(entry, b"{}", "unreadable")
    assert await broker.count_dead(THING.stream) == 1


@pytest.mark.parametrize(
    ("error", "of_the_moment"),
    [
        (ValueError("no"), False),
        (psycopg.errors.StringDataRightTruncation("too long"), False),
        (psycopg.errors.AdminShutdown("going down"), True),
        (psycopg.errors.DiskFull("no space left"), True),
        (psycopg.OperationalError("connection lost"), True),
        (NoConnectionInTime("pool"), True),
        (redis_errors.ConnectionError("gone"), True),
        (nats_errors.ConnectionClosedError(), True),
        (TimeoutError(), True),
    ],
)
def test_an_event_is_not_blamed_for_what_is_away(error, of_the_moment):
    assert is_of_the_moment(error, RedisStreams.failures + JetStream.failures) is of_the_moment
    if isinstance(error, psycopg.Error):
        assert is_of_the_moment(DBAPIError("SELECT", None, error)) is of_the_moment


async def test_receipts_outlive_a_clock_that_jumped_ahead(settings, database, deliver, broker, kind, clock):
    """They are dated by the database, and dropped by its clock: ours may say anything."""
    event_id = uuid4()
    await deliver(THING, "made", ThingState(id=1, label="a"), event_id=event_id)
    await tell(database, "told")
    async with database.transaction() as session:
        await session.execute(text("UPDATE outbox SET published_at = now()"))
    await kind.put(b"{}")
    clock.advance(days=400)
    await upkeep.prune_tables(settings, database)
    await broker.trim(THING.stream, days=settings.event_retention_days, dead_days=upkeep.DEAD_LETTER_DAYS)
    async with database.transaction() as session:
        assert (await session.execute(text("SELECT count(*) FROM inbox"))).scalar_one() == 1
        assert (await session.execute(text("SELECT count(*) FROM outbox"))).scalar_one() == 1
        await session.execute(text("UPDATE inbox SET received_at = now() - interval '15 days'"))
        await session.execute(text("UPDATE outbox SET published_at = now() - interval '8 days'"))
    assert await kind.length() == 1
    await upkeep.prune_tables(settings, database)
    async with database.transaction() as session:
        assert (await session.execute(text("SELECT count(*) FROM inbox"))).scalar_one() == 0
        assert (await session.execute(text("SELECT count(*) FROM outbox"))).scalar_one() == 0


async def test_an_entry_without_an_event_is_set_aside_at_once(broker, kind, consumers):
    async with running(consumers):
        await kind.put(None)
        await until(lambda: _is(broker.count_dead(THING.stream), 1))
        await until(lambda: kind.all_is_settled())


async def test_what_is_done_and_could_not_be_acknowledged_is_not_blamed_on_the_event(
    settings, database, broker, kind, relay, consumers, monkeypatch
):
    """A transport of uvloop that is closed raises RuntimeError, which is no error of the broker's library."""
    acknowledge, failures = consumers.reader.acknowledge, [RuntimeError("the handler is closed")] * 5

    async def stumble(entries):
        if failures:
            raise failures.pop()
        return await acknowledge(entries)

    monkeypatch.setattr(consumers.reader, "acknowledge", stumble)
    await tell(database, "done")
    async with running(relay, consumers):
        await until(lambda: _is(label_of(database), "done"))
        await until(lambda: kind.all_is_settled())
    assert await broker.count_dead(THING.stream) == 0
    assert not failures


@pytest.mark.usefixtures("broker_url")
async def test_a_part_of_a_worker_that_stumbles_gets_up_and_ends_nobody_else(settings, database):
    stop, tried = asyncio.Event(), []

    async def stumbling(_database, stop):
        tried.append(len(tried))
        if len(tried) < 3:
            raise RuntimeError("the handler is closed")
        stop.set()

    worker = Worker(settings, subscribers=[subscribers], loops=[stumbling])
    async with asyncio.timeout(DEADLINE):
        await worker.work(stop, serve_health=False)
    assert tried == [0, 1, 2]


async def test_the_relay_stumbles_and_goes_on(settings, database, broker, kind, monkeypatch):
    publish, failures = Relay.publish_once, [RuntimeError("the handler is closed")]

    async def stumble(relay, connection):
        if failures:
            raise failures.pop()
        return await publish(relay, connection)

    monkeypatch.setattr(Relay, "publish_once", stumble)
    monkeypatch.setattr("shared.events.worker.RESTART_PAUSE_SECONDS", 0.01)
    stop = asyncio.Event()
    working = asyncio.create_task(Worker(settings, subscribers=[subscribers]).work(stop, serve_health=False))
    await tell(database, "told")
    await until(lambda: _is(label_of(database), "told"))
    stop.set()
    await asyncio.wait_for(working, DEADLINE)
