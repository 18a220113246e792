"""Outbox to effect over a real Valkey: nothing lost, nothing twice."""

import asyncio
from contextlib import asynccontextmanager

import pytest
import pytest_asyncio
from sample.base import ThingReplica
from sample.events import THING, ThingState
from sample.worker import subscribers
from sqlalchemy import select, text

from shared.database import emit
from shared.events.consumers import Consumers
from shared.events.relay import Relay
from shared.events.subscribers import join

DEADLINE = 10.0


@pytest.fixture
def settings_overrides():
    return {"claim_idle_ms": 50, "max_deliveries": 3}


@asynccontextmanager
async def running(*parts):
    stop = asyncio.Event()
    tasks = [asyncio.create_task(part.run(stop)) for part in parts]
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(asyncio.gather(*tasks), DEADLINE)


async def until(question):
    """Ask again and again until the answer is true; the deadline bounds it."""
    async with asyncio.timeout(DEADLINE):
        while True:
            answer = await question()
            if answer:
                return answer
            await asyncio.sleep(0.01)


@pytest_asyncio.fixture
async def relay(settings, database, redis):
    return Relay(settings, database, redis)


@pytest_asyncio.fixture
async def consumers(settings, database, redis):
    return Consumers(settings, database, redis, join([subscribers]))


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


async def test_facts_told_before_anyone_listened_arrive(database, redis, relay, consumers):
    await tell(database, "one", "two", "three")
    async with running(relay):
        await until(lambda: _is(unpublished(database), 0))
        async with running(consumers):
            await until(lambda: _is(label_of(database), "three"))
            await tell(database, "four")
            await until(lambda: _is(label_of(database), "four"))
            await until(lambda: _nothing_pending(redis))


async def _is(awaitable, value):
    return (await awaitable) == value


async def _nothing_pending(redis):
    groups = await redis.xinfo_groups(THING.stream)
    return all(group["pending"] == 0 and group["lag"] == 0 for group in groups)


async def test_an_older_fact_does_not_undo_a_newer_one(database, deliver):
    assert await deliver(THING, "made", ThingState(id=1, label="new"), version=5)
    assert await deliver(THING, "made", ThingState(id=1, label="old"), version=4)
    assert await label_of(database) == "new"


async def test_a_redelivery_has_no_effect(database, deliver):
    from uuid import uuid4

    event_id = uuid4()
    assert await deliver(THING, "made", ThingState(id=1, label="a"), event_id=event_id)
    assert not await deliver(THING, "renamed", ThingState(id=1, label="b"), event_id=event_id)
    assert await label_of(database) == "a"


async def test_a_poisoned_event_is_set_aside_and_delays_nobody(database, redis, relay, consumers):
    await tell(database, "poison", identifier=13)
    await tell(database, "good", identifier=14)
    async with running(relay, consumers):
        await until(lambda: _is(label_of(database, 14), "good"))
        await until(lambda: _is(redis.xlen(f"{THING.stream}.dead"), 1))
        await until(lambda: _nothing_pending(redis))
    dead = await redis.xrange(f"{THING.stream}.dead")
    assert b'"poison"' in dead[0][1][b"__data__"]
    assert dead[0][1][b"reason"] == b"ValueError"
    assert await label_of(database, 13) is None


async def test_an_unreadable_entry_is_set_aside_at_once(database, redis, relay, consumers):
    async with running(relay, consumers):
        await redis.xadd(THING.stream, {"__data__": b"{}"})
        await until(lambda: _is(redis.xlen(f"{THING.stream}.dead"), 1))
        await until(lambda: _nothing_pending(redis))


async def test_what_a_dead_consumer_held_is_taken_over(database, redis, relay, consumers):
    await consumers.ensure_groups()
    await tell(database, "held")
    async with running(relay):
        await until(lambda: _is(unpublished(database), 0))
        # A consumer that reads and dies before it acknowledges.
        assert await redis.xreadgroup("sample", "dead", {THING.stream: ">"})
        async with running(consumers):
            await until(lambda: _is(label_of(database), "held"))
            await until(lambda: _nothing_pending(redis))


async def test_a_broker_that_came_back_empty_is_told_again(database, redis, relay, consumers):
    async with running(relay, consumers):
        await tell(database, "first")
        await until(lambda: _is(label_of(database), "first"))
        await redis.flushdb()
        await tell(database, "second", identifier=2)
        await until(lambda: _is(label_of(database, 2), "second"))
        # Both are on the new stream; the inbox dropped the one that had arrived.
        await until(lambda: _is(redis.xlen(THING.stream), 2))
        await until(lambda: _nothing_pending(redis))
        async with database.transaction() as session:
            assert (await session.execute(text("SELECT count(*) FROM inbox"))).scalar_one() == 2


async def test_a_broker_that_lost_its_newest_entries_is_told_those_again(database, redis, relay):
    async with running(relay):
        await tell(database, "kept")
        await until(lambda: _is(unpublished(database), 0))
        kept = await redis.get("sample.watermark")
        await tell(database, "lost")
        await until(lambda: _is(redis.xlen(THING.stream), 2))
    newest = (await redis.xrevrange(THING.stream, count=1))[0][0]
    await redis.xdel(THING.stream, newest)
    await redis.set("sample.watermark", kept)
    async with running(Relay(relay._settings, database, redis)):
        await until(lambda: _is(redis.xlen(THING.stream), 2))


async def test_two_relays_publish_once(settings, database, redis):
    async with running(Relay(settings, database, redis), Relay(settings, database, redis)):
        await tell(database, *(str(number) for number in range(20)))
        await until(lambda: _is(unpublished(database), 0))
    assert await redis.xlen(THING.stream) == 20


async def test_the_entry_on_the_stream_is_plain_json_with_trace_and_version(database, redis, relay):
    await tell(database, "x")
    async with running(relay):
        await until(lambda: _is(unpublished(database), 0))
    entry = (await redis.xrange(THING.stream))[0][1][b"__data__"]
    event = THING.event.model_validate_json(entry)
    assert (event.name, event.state, event.fact) == ("thing.made", ThingState(id=1, label="x"), "made")
    assert event.aggregate_version > 0


def test_an_undeclared_fact_is_a_programming_error():
    with pytest.raises(ValueError, match="does not declare"):
        THING.event_name("vanished")
