"""Events on Redis (or Valkey): a stream an aggregate, a consumer group a service, the watermark a key beside them.

A batch and its watermark are one transaction (WATCH, MULTI, EXEC). Readers are FastStream's subscribers; the second one of
each stream takes over what others hold too long (XAUTOCLAIM).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError, WatchError

from shared.broker import connect
from shared.events.brokers.port import (
    Backlog,
    BrokerChanged,
    DeadLetter,
    Handle,
    Kept,
    Place,
    ReaderSettings,
    Told,
)
from shared.events.brokers.redis_reader import DATA, RedisReader

PAGE = 1_000
IDLE_CONSUMER_MS = 3_600_000
_DAY_MS = 86_400_000


class RedisStreams:
    """A broker at `redis://…` or `rediss://…`."""

    system = "redis"
    failures: tuple[type[Exception], ...] = (RedisError,)

    def __init__(self, url: str) -> None:
        self._url = url
        self.redis: Redis = connect(url, socket_timeout=10.0, socket_connect_timeout=2.0)

    async def ping(self) -> bool:
        return bool(await self.redis.ping())

    async def close(self) -> None:
        await self.redis.aclose()

    async def watermark(self, context: str) -> str | None:
        return _text_or_none(await self.redis.get(_watermark(context)))

    async def begin(self, context: str, watermark: str) -> None:
        await self.redis.set(_watermark(context), watermark, nx=True)

    async def publish(self, context: str, told: Sequence[Told], watermark: str, *, after: str | None) -> None:
        try:
            async with self.redis.pipeline(transaction=True) as pipeline:
                # A connection that breaks from here on is a WatchError, too: the commands go to this broker or to none.
                await pipeline.watch(_watermark(context))
                if _text_or_none(await pipeline.get(_watermark(context))) != after:
                    raise WatchError("another watermark")
                pipeline.multi()
                for one in told:
                    pipeline.xadd(one.stream, {DATA: one.data})
                pipeline.set(_watermark(context), watermark)
                await pipeline.execute()
        except WatchError as error:
            raise BrokerChanged(str(error)) from error

    def reader(self, group: str, settings: ReaderSettings, streams: Sequence[str], handle: Handle) -> RedisReader:
        return RedisReader(self.redis, self._url, group, settings, streams, handle)

    async def backlog(self, stream: str, group: str) -> Backlog | None:
        try:
            groups: list[dict[str, Any]] = await self.redis.xinfo_groups(stream)
        except ResponseError:
            # Nobody published on it yet.
            return None
        for found in groups:
            if _text(found["name"]) == group:
                # After a trim inside the unread part the server cannot tell the lag.
                return Backlog(found["lag"], found["pending"])
        return None

    async def waiting(self, stream: str, group: str) -> int:
        redis = self.redis
        try:
            last = (await redis.xinfo_stream(stream))["last-generated-id"]
            groups = {_text(item["name"]): item for item in await redis.xinfo_groups(stream)}
        except ResponseError as error:
            if "no such key" in str(error):
                return 0
            raise
        found = groups.get(group)
        if found is None:
            return int(await redis.xlen(stream))
        # The broker's own `lag` is unknown after deletions; whether there is any is not.
        unread = len(await redis.xrange(stream, f"({_text(found['last-delivered-id'])}", "+", count=1_000) or [])
        return int(found["pending"]) + (unread if _text(found["last-delivered-id"]) != _text(last) else 0)

    async def count_dead(self, stream: str) -> int:
        return int(await self.redis.xlen(_dead(stream)))

    async def dead_letters(self, stream: str) -> list[DeadLetter]:
        entries: Any = await self.redis.xrange(_dead(stream))
        return [
            DeadLetter(stream, _text(found[b"group"]), _text(found[b"reason"]), found[DATA]) for _, found in entries
        ]

    async def trim(self, stream: str, *, days: int, dead_days: int) -> None:
        seconds, _ = await self.redis.time()
        oldest = (seconds * 1_000 - days * _DAY_MS, 0)
        read = await self.read_by_all(stream)
        if read is not None:
            oldest = min(oldest, read)
        await self.redis.xtrim(stream, minid=f"{oldest[0]}-{oldest[1]}", approximate=True)
        await self.redis.xtrim(_dead(stream), minid=seconds * 1_000 - dead_days * _DAY_MS, approximate=True)

    async def drop_idle_consumers(self, stream: str, group: str) -> None:
        try:
            consumers = await self.redis.xinfo_consumers(stream, group)
        except ResponseError:
            return
        for consumer in consumers:
            if consumer["pending"] == 0 and consumer["idle"] > IDLE_CONSUMER_MS:
                await self.redis.xgroup_delconsumer(stream, group, consumer["name"])

    async def read_by_all(self, stream: str) -> Place | None:
        try:
            groups = await self.redis.xinfo_groups(stream)
        except ResponseError:
            return None
        read: Place | None = None
        for group in groups:
            place = _place(group["last-delivered-id"])
            waiting = await self.redis.xpending(stream, group["name"])
            if waiting["pending"]:
                place = min(place, _before(_place(waiting["min"])))
            read = place if read is None else min(read, place)
        return read

    async def entries(self, stream: str, *, dead: bool = False) -> AsyncIterator[list[Kept]]:
        after = "-"
        while True:
            entries: Any = await self.redis.xrange(_dead(stream) if dead else stream, after, "+", count=PAGE)
            if not entries:
                return
            after = f"({entries[-1][0].decode()}"
            yield [Kept(entry_id.decode(), _place(entry_id), data.get(DATA, b"")) for entry_id, data in entries]

    async def delete(self, stream: str, entries: Sequence[Kept], *, dead: bool = False) -> int:
        if not entries:
            return 0
        return int(await self.redis.xdel(_dead(stream) if dead else stream, *(entry.id for entry in entries)))


def _watermark(context: str) -> str:
    return f"{context}.watermark"


def _dead(stream: str) -> str:
    return f"{stream}.dead"


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value


def _text_or_none(value: bytes | str | None) -> str | None:
    return None if value is None else _text(value)


def _before(place: Place) -> Place:
    milliseconds, sequence = place
    return (milliseconds, sequence - 1) if sequence else (milliseconds - 1, 2**63)


def _place(value: bytes | str) -> Place:
    milliseconds, _, sequence = _text(value).partition("-")
    return int(milliseconds), int(sequence or 0)
