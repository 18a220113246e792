"""The audit finds what differs between a replica and its owner, and writes nothing."""

import pytest
from sample.base import ThingReplica
from sample.events import THING, ThingState
from sample.worker import subscribers
from sqlalchemy import text, update

from shared.database import emit, upsert_replica
from shared.events import audit
from shared.events.consumers import Consumers
from shared.events.subscribers import Subscribers, join


def owner_says(*states):
    """A page query over these states."""

    async def page(_session, after, limit):
        for state in [state for state in states if state.id > after][:limit]:
            yield state

    return page


async def compare(database, *states, subscription=None, mirrors=()):
    [found] = join([subscribers])
    reader = audit.Reader(database, subscription or found, mirrors)
    return await audit.compare(database, owner_says(*states), [reader])


@pytest.fixture
def one():
    return ThingState(id=1, label="one")


async def tell(database, state, fact="made"):
    async with database.transaction() as session:
        await emit(session, THING, fact, state)
        return (await session.execute(text("SELECT max(id) FROM outbox"))).scalar_one()


async def test_a_replica_like_its_owner_is_no_difference(database, deliver, one):
    version = await tell(database, one)
    await deliver(THING, "made", one, version=version)
    found = await compare(database, one)
    assert (found.rows, found.differences, found.untold, found.skipped) == (1, [], 0, set())


async def test_another_value_another_version_and_a_missing_row_are_told(database, deliver, one):
    version = await tell(database, one)
    await tell(database, ThingState(id=2, label="two"))
    await deliver(THING, "made", one, version=version)
    newer = await tell(database, ThingState(id=1, label="uno"), "renamed")
    found = await compare(database, ThingState(id=1, label="uno"), ThingState(id=2, label="two"))
    assert found.differences == [
        f"sample.thing in sample.thing_replica 1: version {version}, owner's {newer}",
        "sample.thing in sample.thing_replica 1: label 'one', owner's 'uno'",
        "sample.thing in sample.thing_replica 2: missing",
    ]


async def test_what_no_fact_tells_of_may_be_missing_and_strangers_may_not_be_there(database, deliver, one):
    await deliver(THING, "made", ThingState(id=7, label="stranger"), version=1)
    found = await compare(database, one)
    assert found.untold == 1
    assert found.differences == ["sample.thing in sample.thing_replica 7: unknown to its owner"]


async def test_a_handler_that_does_more_is_named_and_does_nothing(database, one):
    acting = Subscribers()

    @acting.on(THING)
    async def act(event, session):
        await session.execute(update(ThingReplica).values(label="changed"))

    await tell(database, one)
    [subscription] = join([acting])
    found = await compare(database, one, subscription=subscription)
    assert [name.rpartition(".")[2] for name in found.skipped] == ["act"]
    mirrored = await compare(
        database, one, subscription=subscription, mirrors=[(ThingReplica, lambda state: {"label": state.label})]
    )
    assert mirrored.differences == ["sample.thing in sample.thing_replica 1: missing"]


async def test_what_waits_is_counted(broker, kind):
    assert await broker.waiting(THING.stream, "sample") == 0
    await kind.put(b"{}")
    assert await broker.waiting(THING.stream, "sample") == 1
    [entry] = await kind.take(1)
    assert await broker.waiting(THING.stream, "sample") == 1
    await kind.settle([entry])
    assert await broker.waiting(THING.stream, "sample") == 0
    await kind.put(b"{}")
    assert await broker.waiting(THING.stream, "sample") == 1


async def test_what_was_set_aside_is_told_with_its_reason(database, settings, broker, kind):
    consumers = Consumers(settings, database, broker, join([subscribers]))
    await kind.put(b"{}")
    await consumers.handle(await kind.take(1))
    [letter] = await broker.dead_letters(THING.stream)
    assert (letter.stream, letter.group, letter.data) == (THING.stream, "sample", b"{}")
    assert letter.reason.startswith("unreadable")


async def test_noting_writes_nothing(database, deliver, one):
    from shared.database.replicas import noting_replicas

    event = THING.event(
        id="0190a5f0-0000-7000-8000-000000000000",
        name="thing.made",
        occurred_at="2026-01-01T00:00:00Z",
        aggregate_id=1,
        aggregate_version=4,
        state=one,
    )
    async with database.transaction() as session:
        with noting_replicas() as noted:
            assert not await upsert_replica(session, ThingReplica, event, label="one")
        assert noted == [(ThingReplica, {"id": 1, "version": 4, "label": "one"})]
        assert await session.get(ThingReplica, 1) is None
