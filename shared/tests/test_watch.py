"""What waits is measured: rows of the outbox, entries of streams, connections."""

import pytest
from prometheus_client import REGISTRY
from sample.events import THING, ThingState
from sample.worker import subscribers

from shared import clock as clock_module
from shared.database import emit
from shared.events.consumers import Consumers
from shared.events.relay import Relay
from shared.events.subscribers import join
from shared.events.watch import look_at_outbox, look_at_stream


def value(name, **labels):
    return REGISTRY.get_sample_value(name, labels)


async def tell(database, label, identifier=1):
    async with database.transaction() as session:
        await emit(session, THING, "made", ThingState(id=identifier, label=label))


async def publish(settings, database, broker):
    relay = Relay(settings, database, broker)
    connection = await database.connect()
    try:
        await relay._compare_watermark(connection)
        return await relay.publish_once(connection)
    finally:
        await connection.close()


async def test_the_age_of_what_waits_in_the_outbox(settings, database, broker, clock):
    clock.set(clock_module.now())
    clock.advance(minutes=-3)
    await tell(database, "old")
    clock.advance(minutes=3)
    await tell(database, "new")
    await look_at_outbox(database)
    assert value("outbox_oldest_seconds") == pytest.approx(180, abs=10)
    assert await publish(settings, database, broker) == 2
    await look_at_outbox(database)
    assert value("outbox_oldest_seconds") == 0


async def test_what_a_service_has_not_read_holds_and_set_aside(settings, database, broker, kind):
    stream = THING.stream
    await look_at_stream(broker, "sample.nobody", "sample")
    assert value("stream_dead_entries", stream="sample.nobody") == 0
    await Consumers(settings, database, broker, join([subscribers])).reader.ensure_groups()
    for number in range(3):
        await tell(database, "x", number + 1)
    await publish(settings, database, broker)
    await look_at_stream(broker, stream, "sample")
    assert (value("stream_lag_entries", stream=stream), value("stream_pending_entries", stream=stream)) == (3, 0)
    assert len(await kind.take(2)) == 2
    await kind.set_aside(b"x")
    await look_at_stream(broker, stream, "sample")
    assert (value("stream_lag_entries", stream=stream), value("stream_pending_entries", stream=stream)) == (1, 2)
    assert value("stream_dead_entries", stream=stream) == 1


async def test_connections_in_use_are_counted(database):
    before = value("database_pool_connections", pool="orm", state="busy")
    async with database.transaction() as session:
        await session.connection()
        assert value("database_pool_connections", pool="orm", state="busy") == before + 1
    assert value("database_pool_connections", pool="orm", state="busy") == before
