"""Events on NATS JetStream: a stream a publishing service, a subject an aggregate, a durable consumer a service and subject.

All that a service tells lies in one stream, in the order told. Each message says (`Passculture-Watermark`) up to where the
batches before it are whole; the last one of a batch says so of its own batch. So the watermark cannot be newer than what
the stream holds, whatever a server lost of its end. Each message also says which one it follows: nothing is put on a stream
that is not the one whose end was looked at, and none out of order.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.errors import APIError, NotFoundError

from shared.events.brokers.jetstream_batch import NO_STREAM, WRONG_LAST_SEQUENCE, Answer, Message, send
from shared.events.brokers.jetstream_line import Line
from shared.events.brokers.jetstream_messages import aged, pages
from shared.events.brokers.jetstream_reader import GROUP, REASON, JetStreamReader
from shared.events.brokers.jetstream_streams import (
    Streams,
    consumer_name,
    dead_stream,
    dead_subject,
    publisher,
    stream_of,
)
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

WATERMARK = "Passculture-Watermark"
_MESSAGE_ID = "Nats-Msg-Id"
_FOLLOWS = "Nats-Expected-Last-Sequence"
# What the server says of deleting a message that is deleted.
_GONE = frozenset({10037, 10043, 10057})


class JetStream:
    """A broker at `nats://…` or `tls://…`. `replicas`: how many servers keep a copy of the streams that are made here."""

    system = "nats"
    failures: tuple[type[Exception], ...] = (NatsError,)

    def __init__(self, url: str, *, replicas: int = 1) -> None:
        self.line = Line(url)
        self._streams = Streams(self.line, replicas)
        # What was last seen of a service's stream: the number of its last message, and its watermark.
        self._seen: dict[str, tuple[int, str | None]] = {}
        # Told again after a loss, an event must not pass for one that the server remembers having stored.
        self._telling: dict[str, int] = {}

    async def ping(self) -> bool:
        js = await self.line.jetstream()
        await js.account_info()
        return True

    async def close(self) -> None:
        await self.line.close()

    async def watermark(self, context: str) -> str | None:
        last = await self._look(context)
        seen = self._seen.get(context)
        if seen is not None and seen[1] is not None and (last[1] is None or (last != seen and last[0] <= seen[0])):
            self._telling[context] = last[0]
        self._seen[context] = last
        return last[1]

    async def _look(self, context: str) -> tuple[int, str | None]:
        js = await self.line.jetstream()
        seen = self._seen.get(context)
        try:
            message = await js.get_last_msg(context, ">")
            if seen is not None and message.seq == seen[0]:
                return seen[0], (message.headers or {}).get(WATERMARK)
        except NotFoundError:
            await self._streams.make(context)
        # First the end, then what it says: of a stream that lost something in between, publishing learns.
        end = (await js.stream_info(context)).state.last_seq
        try:
            # `>` is the message at the end, a subject the last that is not deleted.
            message = await js.get_last_msg(context, f"{context}.*")
        except NotFoundError:
            return end, None
        return end, (message.headers or {}).get(WATERMARK)

    async def begin(self, context: str, watermark: str) -> None:
        end, found = self._seen.get(context) or await self._look(context)
        if found is None:
            await self._mark(context, end, watermark)

    async def _mark(self, context: str, end: int, watermark: str) -> None:
        """A message that nobody reads, for its watermark."""
        message = Message(f"{context}.watermark", b"", {WATERMARK: watermark, _FOLLOWS: str(end)})
        [answer] = await send(await self.line.client(), [message])
        if answer.error is not None:
            raise _refused(answer)
        self._seen[context] = (answer.number, watermark)

    async def publish(self, context: str, told: Sequence[Told], watermark: str, *, after: str | None) -> None:
        end, found = self._seen.get(context, (0, None))
        # An empty stream is told its beginning first: what follows message 0 might follow anything.
        if end == 0 or found is None or found != after:
            raise BrokerChanged("another watermark")
        rest, marked = list(told), False
        while rest:
            answers = await send(await self.line.client(), self._messages(context, rest, end, found, watermark))
            again: list[Told] = []
            duplicates = 0
            for one, answer in zip(rest, answers, strict=True):
                if answer.duplicate:
                    duplicates += 1
                elif answer.error is None:
                    end, marked = answer.number, one is rest[-1]
                elif answer.error == WRONG_LAST_SEQUENCE and duplicates:
                    # It was to follow a message that the stream had already.
                    again.append(one)
                else:
                    raise _refused(answer)
            rest = again
        if marked:
            self._seen[context] = (end, watermark)
        else:
            # The last one was there already, with the watermark of an attempt that nobody learnt the end of.
            await self._mark(context, end, watermark)

    def _messages(self, context: str, told: Sequence[Told], end: int, before: str, watermark: str) -> list[Message]:
        """A batch that is to follow message `end`; only its last message has the batch's watermark."""
        telling = self._telling.get(context)
        suffix = "" if telling is None else f".{telling}"
        return [
            Message(
                one.stream,
                one.data,
                {
                    _MESSAGE_ID: one.event_id + suffix,
                    _FOLLOWS: str(end + number),
                    WATERMARK: watermark if number == len(told) - 1 else before,
                },
            )
            for number, one in enumerate(told)
        ]

    def reader(self, group: str, settings: ReaderSettings, streams: Sequence[str], handle: Handle) -> JetStreamReader:
        return JetStreamReader(self.line, self._streams, group, settings, streams, handle)

    async def backlog(self, stream: str, group: str) -> Backlog | None:
        js = await self.line.jetstream()
        try:
            found = await js.consumer_info(publisher(stream), consumer_name(stream, group))
        except NotFoundError:
            return None
        return Backlog(found.num_pending or 0, found.num_ack_pending or 0)

    async def waiting(self, stream: str, group: str) -> int:
        found = await self.backlog(stream, group)
        if found is not None:
            return (found.lag or 0) + found.pending
        return await self._count(publisher(stream), stream)

    async def _count(self, name: str, subject: str) -> int:
        js = await self.line.jetstream()
        try:
            info = await js.stream_info(name, subjects_filter=subject)
        except NotFoundError:
            return 0
        return (info.state.subjects or {}).get(subject, 0)

    async def count_dead(self, stream: str) -> int:
        return await self._count(dead_stream(publisher(stream)), dead_subject(stream))

    async def dead_letters(self, stream: str) -> list[DeadLetter]:
        found = []
        async for page in pages(await self.line.client(), dead_stream(publisher(stream)), dead_subject(stream)):
            for message in page:
                headers = message.headers or {}
                found.append(DeadLetter(stream, headers.get(GROUP, ""), headers.get(REASON, ""), message.data))
        return found

    async def trim(self, stream: str, *, days: int, dead_days: int) -> None:
        js = await self.line.jetstream()
        name = publisher(stream)
        try:
            # The last message stays: it has the watermark.
            oldest = min(
                await aged(await self.line.client(), name, timedelta(days=days)), await self._last(js, name) - 1
            )
        except NotFoundError:
            return
        read = await self.read_by_all(stream)
        if read is not None:
            oldest = min(oldest, read[0])
        if oldest > 0:
            await js.purge_stream(name, seq=oldest + 1, subject=stream)
        await self._streams.keep_dead(name, dead_days)

    async def drop_idle_consumers(self, stream: str, group: str) -> None:
        """A durable consumer is the group's, not a process's: there are none to forget."""

    async def read_by_all(self, stream: str) -> Place | None:
        js = await self.line.jetstream()
        name = publisher(stream)
        try:
            # Before the consumers are asked: what is told in between they have not read.
            last = await self._last(js, name)
            consumers = [found for found in await js.consumers_info(name) if found.config.filter_subject == stream]
        except NotFoundError:
            return None
        places = [_settled(found, last) for found in consumers]
        return (min(places), 0) if places else None

    @staticmethod
    async def _last(js: JetStreamContext, name: str) -> int:
        return (await js.stream_info(name)).state.last_seq

    async def entries(self, stream: str, *, dead: bool = False) -> AsyncIterator[list[Kept]]:
        subject = dead_subject(stream) if dead else stream
        async for page in pages(await self.line.client(), stream_of(stream, dead=dead), subject):
            yield [
                Kept(str(message.metadata.sequence.stream), (message.metadata.sequence.stream, 0), message.data)
                for message in page
            ]

    async def delete(self, stream: str, entries: Sequence[Kept], *, dead: bool = False) -> int:
        js = await self.line.jetstream()
        if not dead:
            await self._keep_watermark(js, publisher(stream), {entry.place[0] for entry in entries})
        deleted = 0
        for entry in entries:
            try:
                # Overwritten in its file, not only forgotten.
                deleted += await js.delete_msg(stream_of(stream, dead=dead), entry.place[0])
            except APIError as error:
                if error.err_code not in _GONE:
                    raise
        return deleted

    async def _keep_watermark(self, js: JetStreamContext, context: str, doomed: set[int]) -> None:
        """The last message has the watermark: where it goes, another is put behind it first."""
        try:
            last = await js.get_last_msg(context, ">")
        except NotFoundError:
            return
        found = (last.headers or {}).get(WATERMARK)
        if last.seq in doomed and found is not None:
            # Where something is told meanwhile, it is not the last any more.
            with suppress(BrokerChanged):
                await self._mark(context, last.seq, found)


def _settled(found: Any, last: int) -> int:
    """The number of the last message that a consumer has no need of any more."""
    if not found.num_pending and not found.num_ack_pending:
        return last
    return found.ack_floor.stream_seq if found.ack_floor else 0


def _refused(answer: Answer) -> Exception:
    """What the relay is to know of a message that was not stored."""
    if answer.error in (NO_STREAM, WRONG_LAST_SEQUENCE):
        return BrokerChanged(answer.reason)
    return NatsError(f"not stored: {answer.reason} ({answer.error})")
