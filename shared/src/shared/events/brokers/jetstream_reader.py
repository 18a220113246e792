"""Reading from JetStream: a durable consumer a service and aggregate, that any number of its processes pull from.

An entry that is not acknowledged within the time for which it may be held is given to whoever asks next: the server is the
claimer. How often it was given comes with it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence

import structlog
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.errors import TimeoutError as NothingCame

from shared.events.brokers.jetstream_line import API_SECONDS, Line
from shared.events.brokers.jetstream_pull import Pull
from shared.events.brokers.jetstream_streams import Streams, consumer_name, dead_subject, publisher
from shared.events.brokers.port import Entry, Handle, ReaderSettings

log = structlog.get_logger(__name__)

GROUP = "Passculture-Group"
REASON = "Passculture-Reason"
ENTRY = "Passculture-Entry"
STOP_SECONDS = 10.0


class JetStreamReader:
    """Reads streams in the name of a group: a task each."""

    def __init__(
        self,
        line: Line,
        streams: Streams,
        group: str,
        settings: ReaderSettings,
        subjects: Sequence[str],
        handle: Handle,
    ) -> None:
        self._line = line
        self._streams = streams
        self._settings = settings
        self._subjects = subjects
        self._handle = handle
        self.group = group
        self._stopping = asyncio.Event()
        self._tasks: dict[str, asyncio.Task[None]] = {}

    @property
    def healthy(self) -> bool:
        return all(self._is_read(stream) for stream in self._subjects)

    def _is_read(self, stream: str) -> bool:
        task = self._tasks.get(stream)
        return task is not None and not task.done()

    async def ensure_groups(self) -> None:
        for stream in self._subjects:
            await self._streams.make_consumer(stream, self.group, self._settings.claim_idle_ms / 1_000)

    async def start(self) -> None:
        await self.ensure_groups()
        for stream in self._subjects:
            if not self._is_read(stream):
                if stream in self._tasks:
                    log.warning("consumers.restarting_subscriber", stream=stream)
                self._tasks[stream] = asyncio.create_task(self._read(stream), name=f"read {stream}")

    async def stop(self) -> None:
        self._stopping.set()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks.values(), timeout=STOP_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _read(self, stream: str) -> None:
        """Until told to stop, or the line or the consumer is gone."""
        try:
            client = await self._line.client()
            pull = await Pull.begin(
                client, publisher(stream), consumer_name(stream, self.group), self._settings.consumer_batch
            )
            try:
                while (messages := await self._next(pull)) is not None:
                    if messages:
                        await self._handle([entry_of(stream, message) for message in messages])
            finally:
                with contextlib.suppress(NatsError, OSError):
                    await pull.end()
        except Exception as error:
            log.warning("consumers.reading_ended", stream=stream, error=repr(error))

    async def _next(self, pull: Pull) -> list[Msg] | None:
        """What came, nothing, or None when it is time to stop."""
        if self._stopping.is_set():
            return None
        coming = asyncio.ensure_future(pull.next())
        stopping = asyncio.ensure_future(self._stopping.wait())
        try:
            await asyncio.wait({coming, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if not coming.done():
                return None
            return await coming
        except NothingCame:
            return []
        finally:
            stopping.cancel()
            if not coming.done():
                coming.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await coming

    async def acknowledge(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            await entry.token.ack()

    async def attempts(self, entry: Entry) -> int:
        return int(entry.token.metadata.num_delivered)

    async def bury(self, entry: Entry, data: bytes, reason: str) -> bool:
        """First set aside, then acknowledged: nothing is lost in between, and the dead letter's id makes it one."""
        await self._streams.make_dead(publisher(entry.stream))
        js = await self._line.jetstream()
        headers = {
            "Nats-Msg-Id": f"{self.group}.{entry.stream}.{entry.id}",
            GROUP: self.group,
            REASON: reason,
            ENTRY: entry.id,
        }
        answer = await js.publish(dead_subject(entry.stream), data, timeout=API_SECONDS, headers=headers)
        if not entry.token.is_acked:
            await entry.token.ack()
        return not answer.duplicate


def entry_of(stream: str, message: Msg) -> Entry:
    """A message as an entry. The id says the time, too: numbers begin anew when a server lost everything."""
    found = message.metadata
    return Entry(stream, f"{found.sequence.stream}@{found.timestamp.timestamp():.6f}", message.data, message)
