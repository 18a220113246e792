"""NATS JetStream: faults of the server, and what is its own. What every kind of broker does is in test_events.py."""

import asyncio
import json
import shutil
from datetime import timedelta

import pytest
import pytest_asyncio
from counted import counting, each_once, settled, tell, working
from kinds import STREAM, NatsKind, nats_server
from nats.errors import Error as NatsError

from local.embedded import free_port
from local.nats_server import NatsServer
from shared.events.brokers import BrokerChanged, Told
from shared.events.brokers.jetstream import JetStream
from shared.events.brokers.jetstream_line import _server
from shared.events.brokers.jetstream_messages import aged
from shared.events.brokers.jetstream_pull import Pull
from shared.events.consumers import Consumers
from shared.events.relay import Relay
from shared.events.subscribers import join


@pytest.fixture
def server(tmp_path):
    """A server of the test's own, always on one port."""
    with nats_server(tmp_path / "nats", free_port()) as made:
        yield made


@pytest.fixture
def settings_overrides():
    return {"claim_idle_ms": 200, "max_deliveries": 3}


async def test_a_server_that_is_killed_and_started_again(settings, database, server):
    async with working(settings, database, server, processes=2):
        for _ in range(3):
            await tell(database, 20)
            server.kill()
            await tell(database, 20)
            await asyncio.to_thread(server.start)
        await each_once(database, 120)
        assert await settled(server) == 120


async def test_a_server_that_came_back_empty_is_told_again(settings, database, server):
    async with working(settings, database, server, processes=2):
        await tell(database, 10)
        await each_once(database, 10)
        server.kill()
        server.forget()
        await tell(database, 10)
        await asyncio.to_thread(server.start)
        await each_once(database, 20)
        # Everything is there again; what had arrived before had no second effect.
        assert await settled(server) == 20


async def test_a_server_that_came_back_as_it_was_is_told_what_it_lacks(settings, database, server, tmp_path):
    async with working(settings, database, server):
        await tell(database, 10)
        await each_once(database, 10)
        server.stop()
        shutil.copytree(server.data, tmp_path / "yesterday")
        await asyncio.to_thread(server.start)
        await tell(database, 10)
        await each_once(database, 20)
        server.kill()
        server.forget()
        shutil.copytree(tmp_path / "yesterday", server.data)
        await asyncio.to_thread(server.start)
        await tell(database, 10)
        await each_once(database, 30)
        assert await settled(server) == 30


async def test_a_reader_that_died_with_entries_in_hand_while_the_server_died_too(settings, database, server):
    kind = NatsKind(server.url)
    async with working(settings, database, server):
        await tell(database, 5)
        await each_once(database, 5)
    await tell(database, 10)
    relay, stop = Relay(settings, database, kind.broker), asyncio.Event()
    telling = asyncio.create_task(relay.run(stop))
    assert len(await kind.take(10, claim_idle_ms=200)) == 10
    stop.set()
    await telling
    await kind.broker.close()
    server.kill()
    server.start()
    async with working(settings, database, server, processes=2):
        await each_once(database, 15)
        assert await settled(server) == 15


@pytest_asyncio.fixture
async def jetstream(nats_url):
    kind = NatsKind(nats_url)
    await kind.forget()
    yield kind.broker
    await kind.forget()
    await kind.broker.close()


@pytest_asyncio.fixture
async def other(nats_url):
    """Another process."""
    made = JetStream(nats_url)
    yield made
    await made.close()


def told(*names, aggregate="thing"):
    return [Told(f"sample.{aggregate}", name, name.encode()) for name in names]


async def kept(broker, aggregate="thing"):
    return [entry.data.decode() async for page in broker.entries(f"sample.{aggregate}") for entry in page]


async def begun(broker):
    if await broker.watermark("sample") is None:
        await broker.begin("sample", "0")
    return await broker.watermark("sample")


async def test_a_batch_that_arrived_by_half_is_completed_and_doubles_nothing(jetstream, other):
    await begun(jetstream)
    await jetstream.publish("sample", told("a", "b", "c"), "1", after="0")
    # Its sender died before it marked them; meanwhile some more became visible, in between by their number.
    assert await other.watermark("sample") == "1"
    await other.publish("sample", told("a", "x", "b", "c", "y"), "2", after="1")
    assert await kept(other) == ["a", "b", "c", "x", "y"]
    assert await other.watermark("sample") == "2"
    # All of it again: only the watermark is new.
    assert await jetstream.watermark("sample") == "2"
    await jetstream.publish("sample", told("x", "y"), "3", after="2")
    assert await kept(other) == ["a", "b", "c", "x", "y"]
    assert await other.watermark("sample") == "3"


async def test_half_a_batch_does_not_have_the_watermark_of_the_whole(jetstream):
    await begun(jetstream)
    await jetstream.publish("sample", told("a"), "1", after="0")
    [first, _last] = jetstream._messages("sample", told("b", "c"), 2, "1", "2")
    client = await jetstream.line.client()
    await client.jetstream().publish(first.subject, first.data, headers=first.headers)
    assert await jetstream.watermark("sample") == "1"
    await jetstream.publish("sample", told("b", "c"), "2", after="1")
    assert await kept(jetstream) == ["a", "b", "c"]
    assert await jetstream.watermark("sample") == "2"


async def test_nothing_is_put_behind_an_end_that_was_not_looked_at(jetstream, other):
    with pytest.raises(BrokerChanged):
        await jetstream.publish("sample", told("a"), "1", after=None)
    await begun(jetstream)
    await begun(other)
    await other.publish("sample", told("a"), "1", after="0")
    with pytest.raises(BrokerChanged):
        await jetstream.publish("sample", told("b"), "2", after="0")
    with pytest.raises(BrokerChanged):
        await other.publish("sample", told("b"), "2", after="0")
    assert await kept(other) == ["a"]


async def test_what_was_purged_by_hand_is_told_again_at_once(jetstream):
    """The server still knows the ids of what it no longer has."""
    await begun(jetstream)
    await jetstream.publish("sample", told("a"), "1", after="0")
    await (await jetstream.line.jetstream()).purge_stream("sample")
    assert await begun(jetstream) == "0"
    await jetstream.publish("sample", told("a"), "2", after="0")
    assert await kept(jetstream) == ["a"]


async def test_an_erased_last_entry_leaves_its_watermark(jetstream, other):
    await begun(jetstream)
    await jetstream.publish("sample", told("a", "b"), "1", after="0")
    entries = [entry async for page in other.entries(STREAM) for entry in page]
    assert await other.delete(STREAM, entries[1:]) == 1
    assert await other.delete(STREAM, entries[1:]) == 0
    assert await kept(jetstream) == ["a"]
    assert await jetstream.watermark("sample") == "1"
    await jetstream.publish("sample", told("c"), "2", after="1")
    assert await kept(jetstream) == ["a", "c"]


async def test_what_is_old_goes_once_all_have_read_it(jetstream, nats_url):
    kind = NatsKind(nats_url)
    await kind.need("2.10: 2.9 forgets acknowledgements when a subject is purged, and delivers again")
    await begun(jetstream)
    await jetstream.publish("sample", [*told("a", "b", "c"), *told("d", aggregate="other"), *told("e")], "1", after="0")
    assert await aged(await jetstream.line.client(), "sample", timedelta(days=7)) == 0
    entries = await kind.take(3)
    await kind.settle(entries[:2])
    assert await jetstream.read_by_all(STREAM) == (3, 0)
    await jetstream.trim(STREAM, days=7, dead_days=30)
    assert await kept(jetstream) == ["a", "b", "c", "e"]
    # By the server's clock all of it is older than what will be.
    await jetstream.trim(STREAM, days=-1, dead_days=30)
    assert await kept(jetstream) == ["c", "e"]
    await jetstream.trim("sample.other", days=-1, dead_days=30)
    assert await kept(jetstream, "other") == []
    # The last one stays, for its watermark.
    await kind.settle([*entries[2:], *await kind.take(1)])
    assert await jetstream.read_by_all(STREAM) == (6, 0)
    await jetstream.trim(STREAM, days=-1, dead_days=30)
    assert await kept(jetstream) == ["e"]
    assert await jetstream.watermark("sample") == "1"
    await kind.broker.close()


@pytest.mark.parametrize("deleted", [(), (4,), (5, 6, 7), (10,)])
async def test_how_far_a_stream_is_old(jetstream, deleted):
    """The middle of a stream is found by the time of its messages, whatever was deleted."""
    await begun(jetstream)
    await jetstream.publish("sample", told(*"abcdefgh"), "1", after="0")
    js = await jetstream.line.jetstream()
    pause = asyncio.Event()
    asyncio.get_running_loop().call_later(0.3, pause.set)
    await pause.wait()
    await jetstream.publish("sample", told(*"ijk"), "2", after="1")
    for number in deleted:
        await js.delete_msg("sample", number)
    found = await aged(await jetstream.line.client(), "sample", timedelta(seconds=0.2))
    assert found in {9, max(number for number in range(1, 10) if number not in deleted)}


async def test_dead_letters_go_by_age(jetstream, nats_url):
    kind = NatsKind(nats_url)
    await kind.set_aside(b"{}")
    await jetstream.watermark("sample")
    await jetstream.trim(STREAM, days=7, dead_days=3)
    await kind.put(b"{}")
    await jetstream.trim(STREAM, days=7, dead_days=3)
    found = await (await jetstream.line.jetstream()).stream_info("sample-dead")
    assert found.config.max_age == timedelta(days=3).total_seconds()
    assert await jetstream.count_dead(STREAM) == 1
    await kind.broker.close()


async def test_slow_handling_is_one_attempt(jetstream, nats_url):
    """Nothing is asked for meanwhile: else the server would give the same entry to the same reader, again and again."""
    kind = NatsKind(nats_url)
    await begun(jetstream)
    await jetstream.publish("sample", told("a"), "1", after="0")
    await kind.reader(claim_idle_ms=50).ensure_groups()
    pull = await Pull.begin(await jetstream.line.client(), "sample", "sample-thing", 50)
    [first] = await pull.next()
    slow = asyncio.Event()
    asyncio.get_running_loop().call_later(0.4, slow.set)
    await slow.wait()
    [second] = await pull.next()
    assert (first.metadata.num_delivered, second.metadata.num_delivered) == (1, 2)
    await pull.end()
    await kind.broker.close()


async def test_who_waits_for_a_server_stops_when_asked(settings, database):
    broker = JetStream(f"nats://127.0.0.1:{free_port()},nats://127.0.0.1:{free_port()}")
    parts = [Relay(settings, database, broker), Consumers(settings, database, broker, join([counting]))]
    stop, tried, start = asyncio.Event(), asyncio.Event(), parts[1].reader.start

    async def trying():
        try:
            await start()
        finally:
            tried.set()

    parts[1].reader.start = trying
    tasks = [asyncio.create_task(part.run(stop)) for part in parts]
    await asyncio.wait_for(tried.wait(), 10)
    assert not any(part.healthy for part in parts)
    stop.set()
    await asyncio.wait_for(asyncio.gather(*tasks), 10)
    await broker.close()


class Guarded(NatsServer):
    """A server that asks for a password."""

    def prepare(self):
        super().prepare()
        path = self.directory / "nats.conf"
        guarded = {**json.loads(path.read_text()), "authorization": {"user": "pass culture", "password": "a:w%rd@/"}}
        path.write_text(json.dumps(guarded))


async def test_the_password_is_in_the_address_and_a_server_that_is_away_is_passed_over(tmp_path):
    nats_server()
    with Guarded(tmp_path / "guarded") as server:
        for credentials, opens in (("pass%20culture:a%3Aw%25rd%40%2F@", True), ("pass:word@", False), ("", False)):
            away = f"nats://127.0.0.1:{free_port()}"
            broker = JetStream(f"{away},nats://{credentials}127.0.0.1:{server.port},{away}")
            try:
                if opens:
                    assert await broker.ping()
                else:
                    with pytest.raises((NatsError, OSError)):
                        await broker.ping()
            finally:
                await broker.close()


@pytest.mark.parametrize(
    ("url", "address", "credentials"),
    [
        ("nats://a:4222", "nats://a:4222", {}),
        (" tls://u:p%40@a", "tls://a", {"user": "u", "password": "p@"}),
        ("nats://to%2Fken@[::1]:4222", "nats://[::1]:4222", {"token": "to/ken"}),
    ],
)
def test_an_address_and_what_opens_it(url, address, credentials):
    assert _server(url) == (address, credentials)
