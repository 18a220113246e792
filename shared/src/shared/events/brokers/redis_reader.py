"""Reading Redis streams: FastStream subscribers, with what its defaults leave out.

Each stream has two: a reader for new entries, and a claimer that takes over entries whose consumer went silent or failed.
The group is created at the beginning of the stream before anyone reads.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from typing import Any

import structlog
from faststream import AckPolicy
from faststream.redis import RedisBroker, RedisStreamMessage, StreamSub
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from shared.events.brokers.port import Entry, Handle, ReaderSettings

log = structlog.get_logger(__name__)

DATA = b"__data__"
# A broker that says nothing for so long is gone, whatever the line pretends; reads wait for a second at most.
BROKER_TIMEOUTS = {"socket_timeout": 10.0, "socket_connect_timeout": 2.0, "socket_keepalive": True}

# Of several that find the same event unbearable (one of them was asleep), one sets it aside.
_BURY = """
if redis.call('XACK', KEYS[1], ARGV[1], ARGV[2]) == 0 then
  return 0
end
redis.call('XADD', KEYS[2], 'MAXLEN', '~', 10000, '*',
  '__data__', ARGV[3], 'group', ARGV[1], 'entry', ARGV[2], 'reason', ARGV[4])
return 1
"""


class RedisReader:
    """Reads streams as one consumer of a group."""

    def __init__(
        self,
        redis: Redis,
        url: str,
        group: str,
        settings: ReaderSettings,
        streams: Sequence[str],
        handle: Handle,
    ) -> None:
        self._redis = redis
        self._streams = streams
        self._handle = handle
        self._settings = settings
        self.group = group
        self._consumer = f"{socket.gethostname()}-{os.getpid()}"
        self._broker = RedisBroker(url, logger=None, graceful_timeout=10.0, **BROKER_TIMEOUTS)  # type: ignore[arg-type]
        self._started = False
        for stream in streams:
            self._subscribe(stream)

    def _subscribe(self, stream: str) -> None:
        async def handle(message: RedisStreamMessage) -> None:
            raw: Any = message.raw_message
            data = raw["data"]
            entries = data if isinstance(data, list) else [data]
            ids = raw["message_ids"]
            await self._handle(
                [
                    Entry(stream, entry_id.decode(), found.get(DATA))
                    for entry_id, found in zip(ids, entries, strict=True)
                ]
            )

        self._broker.subscriber(
            stream=StreamSub(
                stream,
                group=self.group,
                consumer=self._consumer,
                batch=True,
                max_records=self._settings.consumer_batch,
                polling_interval=1_000,
            ),
            ack_policy=AckPolicy.MANUAL,
        )(handle)
        self._broker.subscriber(
            stream=StreamSub(
                stream,
                group=self.group,
                consumer=f"{self._consumer}-claimer",
                min_idle_time=self._settings.claim_idle_ms,
                polling_interval=min(1_000, self._settings.claim_idle_ms),
            ),
            ack_policy=AckPolicy.MANUAL,
        )(handle)

    @property
    def healthy(self) -> bool:
        """Whether every reader and claimer is reading."""
        return all(getattr(subscriber, "running", False) for subscriber in self._broker.subscribers)

    async def ensure_groups(self) -> None:
        for stream in self._streams:
            try:
                await self._redis.xgroup_create(stream, self.group, id="0", mkstream=True)
            except ResponseError as error:
                if "BUSYGROUP" not in str(error):
                    raise

    async def start(self) -> None:
        await self.ensure_groups()
        if not self._started:
            self._started = True
            await self._broker.start()
            return
        for subscriber in self._broker.subscribers:
            if not getattr(subscriber, "running", False):
                log.warning("consumers.restarting_subscriber")
                await subscriber.start()

    async def stop(self) -> None:
        await self._broker.stop()

    async def acknowledge(self, entries: Sequence[Entry]) -> None:
        await self._redis.xack(entries[0].stream, self.group, *(entry.id for entry in entries))

    async def attempts(self, entry: Entry) -> int:
        pending = await self._redis.xpending_range(entry.stream, self.group, entry.id, entry.id, 1)
        return int(pending[0]["times_delivered"]) if pending else 1

    async def bury(self, entry: Entry, data: bytes, reason: str) -> bool:
        stream = entry.stream
        return bool(await self._redis.eval(_BURY, 2, stream, f"{stream}.dead", self.group, entry.id, data, reason))
