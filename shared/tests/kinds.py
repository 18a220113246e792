"""The kinds of broker as the tests of events see them: what no relay and no reader does, each kind does in its own way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sample.events import THING

from local.errors import LocalError
from local.nats_server import NatsServer, find_binary
from shared.events.brokers import Broker, Entry, Reader
from shared.events.brokers.jetstream import WATERMARK, JetStream
from shared.events.brokers.jetstream_pull import Pull
from shared.events.brokers.jetstream_reader import entry_of
from shared.events.brokers.redis_streams import RedisStreams
from shared.events.consumers import Consumers
from shared.events.relay import Relay

STREAM = THING.stream


class Kind:
    """One broker under test, empty."""

    broker: Broker

    async def forget(self) -> None:
        """Lose everything, as a server does that lost its disk."""
        raise NotImplementedError

    async def lose_newest(self, watermark: str) -> None:
        """Lose the newest entry of the sample's stream; `watermark` is what was written with the one before."""
        raise NotImplementedError

    async def put(self, data: bytes | None, stream: str = STREAM) -> None:
        """An entry that no relay sent; None for one without an event."""
        raise NotImplementedError

    async def set_aside(self, data: bytes, stream: str = STREAM) -> None:
        """A dead letter."""
        raise NotImplementedError

    async def kept(self, stream: str = STREAM) -> list[bytes]:
        return [entry.data async for page in self.broker.entries(stream) for entry in page]

    async def length(self, stream: str = STREAM) -> int:
        return len(await self.kept(stream))

    async def take(self, count: int, *, claim_idle_ms: int = 60_000) -> list[Entry]:
        """Read so many entries in the sample's name, as somebody does who then dies: none is acknowledged."""
        raise NotImplementedError

    async def settle(self, entries: list[Entry]) -> None:
        """Acknowledge what was taken, and wait until the broker knows."""
        before = await self.broker.backlog(STREAM, "sample")
        assert before is not None
        await self.reader(60_000).acknowledge(entries)

        async def is_known() -> bool:
            found = await self.broker.backlog(STREAM, "sample")
            return found is not None and found.pending == before.pending - len(entries)

        await until(is_known)

    def reader(self, claim_idle_ms: int) -> Reader:
        settings: Any = SimpleNamespace(claim_idle_ms=claim_idle_ms, consumer_batch=1)
        return self.broker.reader("sample", settings, [STREAM], _nothing)

    async def _group(self, claim_idle_ms: int) -> None:
        await self.reader(claim_idle_ms).ensure_groups()

    async def all_is_settled(self, group: str = "sample") -> bool:
        found = await self.broker.backlog(STREAM, group)
        return found is not None and (found.lag, found.pending) == (0, 0)


class RedisKind(Kind):
    def __init__(self, url: str) -> None:
        self.broker = self._streams = RedisStreams(url)

    async def forget(self) -> None:
        await self._streams.redis.flushdb()

    async def lose_newest(self, watermark: str) -> None:
        redis = self._streams.redis
        newest: Any = await redis.xrevrange(STREAM, count=1)
        await redis.xdel(STREAM, newest[0][0])
        await redis.set("sample.watermark", watermark)

    async def take(self, count: int, *, claim_idle_ms: int = 60_000) -> list[Entry]:
        await self._group(claim_idle_ms)
        read: Any = await self._streams.redis.xreadgroup("sample", "silent", {STREAM: ">"}, count=count)
        return [Entry(STREAM, entry_id.decode(), data.get(b"__data__")) for entry_id, data in read[0][1]]

    async def put(self, data: bytes | None, stream: str = STREAM) -> None:
        await self._streams.redis.xadd(stream, {"nonsense": b"x"} if data is None else {"__data__": data})

    async def set_aside(self, data: bytes, stream: str = STREAM) -> None:
        await self.put(data, f"{stream}.dead")


class NatsKind(Kind):
    def __init__(self, url: str) -> None:
        self.broker = self._jetstream = JetStream(url)

    async def forget(self) -> None:
        js = await self._jetstream.line.jetstream()
        for found in await js.streams_info():
            await js.delete_stream(str(found.config.name))

    async def lose_newest(self, watermark: str) -> None:
        """The watermark goes with it: it is in the entry."""
        await self.need("2.10: 2.9 does not find the last message that is left, and everything is told again")
        js = await self._jetstream.line.jetstream()
        newest = await js.get_last_msg("sample", STREAM)
        assert await js.delete_msg("sample", newest.seq)
        assert (await js.get_last_msg("sample", "sample.*")).headers[WATERMARK] == watermark

    async def need(self, why: str) -> None:
        """Skip, loudly, with the old server that Debian 12 has."""
        if (await self._jetstream.line.client()).connected_server_version.minor < 10:
            pytest.skip(f"NOT TESTED: needs NATS {why}")

    async def take(self, count: int, *, claim_idle_ms: int = 60_000) -> list[Entry]:
        await self._group(claim_idle_ms)
        pull = await Pull.begin(await self._jetstream.line.client(), "sample", "sample-thing", count)
        taken: list[Entry] = []
        while len(taken) < count:
            taken += [entry_of(STREAM, message) for message in await pull.next()]
        await pull.end()
        return taken

    async def put(self, data: bytes | None, stream: str = STREAM) -> None:
        js = await self._jetstream.line.jetstream()
        await self._jetstream._streams.make("sample")
        headers = {WATERMARK: await self.broker.watermark("sample") or "0001-01-01T00:00:00+00:00"}
        await js.publish(stream, data or b"", headers=headers)

    async def set_aside(self, data: bytes, stream: str = STREAM) -> None:
        await self._jetstream._streams.make_dead("sample")
        js = await self._jetstream.line.jetstream()
        await js.publish(f"{stream}.dead", data)


@asynccontextmanager
async def running(*parts: Relay | Consumers, seconds: float = 10.0) -> AsyncIterator[None]:
    """Relays and consumers at work, inside; told to stop, they end within so many seconds."""
    stop = asyncio.Event()
    tasks = [asyncio.create_task(part.run(stop)) for part in parts]
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(asyncio.gather(*tasks), seconds)


async def until(question: Callable[[], Awaitable[Any]], seconds: float = 20.0) -> Any:
    """Ask again and again until the answer is true; the deadline bounds it."""
    async with asyncio.timeout(seconds):
        while True:
            answer = await question()
            if answer:
                return answer
            await asyncio.sleep(0.01)


async def _nothing(_entries: list[Entry]) -> None:
    pass


def nats_server(directory: Path | None = None, port: int | None = None) -> NatsServer:
    """A server to start; skips, loudly, where there is none to be had."""
    try:
        find_binary()
    except LocalError as error:
        pytest.skip(f"NOT TESTED on NATS: {error}")
    return NatsServer(directory, port)
