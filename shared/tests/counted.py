"""Events whose effects are counted, told and handled by parts that each have a line to NATS of their own."""

from contextlib import asynccontextmanager

from kinds import STREAM, NatsKind, running, until
from sample.base import ThingReplica
from sample.events import THING, ThingState
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from shared.database import emit
from shared.events.brokers.jetstream import JetStream
from shared.events.consumers import Consumers
from shared.events.relay import Relay
from shared.events.subscribers import Subscribers, join

DEADLINE = 30.0
counting = Subscribers()


@counting.on(THING)
async def count(event, session):
    """A row for each event, whose label grows with each effect: `x` when there was one."""
    row = insert(ThingReplica).values(id=event.aggregate_version, version=1, label="x")
    await session.execute(
        row.on_conflict_do_update(index_elements=[ThingReplica.id], set_={"label": ThingReplica.label + "x"})
    )


@asynccontextmanager
async def working(settings, database, server, *, processes=1):
    """Relays and consumers, each with a line of its own, as in processes of their own."""
    brokers = [JetStream(server.url, replicas=settings.broker_replicas) for _ in range(processes)]
    parts = [Relay(settings, database, broker) for broker in brokers]
    parts += [Consumers(settings, database, broker, join([counting])) for broker in brokers]
    try:
        async with running(*parts, seconds=DEADLINE):
            yield
    finally:
        for broker in brokers:
            await broker.close()


async def tell(database, count=1):
    for _ in range(count):
        async with database.transaction() as session:
            await emit(session, THING, "made", ThingState(id=1, label="x"))


async def effects(database):
    """How many events had an effect, and the greatest number of effects that one had."""
    async with database.transaction() as session:
        found = await session.execute(
            select(func.count(), func.coalesce(func.max(func.length(ThingReplica.label)), 0)).select_from(ThingReplica)
        )
        return tuple(found.one())


async def each_once(database, count):
    await until(lambda: _has(database, count))
    assert await effects(database) == (count, 1)


async def _has(database, count):
    return (await effects(database))[0] >= count


async def settled(server):
    kind = NatsKind(server.url)
    try:
        await until(kind.all_is_settled)
        assert await kind.broker.count_dead(STREAM) == 0
        return await kind.length()
    finally:
        await kind.broker.close()
