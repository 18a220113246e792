"""Reading a JetStream stream as it lies there: page by page, and up to which message it is older than so many days."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import TimeoutError as NothingCame
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy, RawStreamMsg
from nats.js.errors import NotFoundError
from nats.js.manager import JetStreamManager

from shared.events.brokers.jetstream_line import API_SECONDS
from shared.events.brokers.jetstream_pull import Pull

PAGE = 1_000
# The server forgets our place in the stream after so long, when we end in the middle.
_INACTIVE_SECONDS = 60.0


async def pages(client: Client, name: str, subject: str) -> AsyncIterator[list[Msg]]:
    """The messages of a subject that are there now, oldest first. Readers' places are left alone."""
    js = client.jetstream(timeout=API_SECONDS)
    reading = f"look-{uuid4().hex}"
    config = ConsumerConfig(
        name=reading,
        filter_subject=subject,
        ack_policy=AckPolicy.NONE,
        deliver_policy=DeliverPolicy.ALL,
        inactive_threshold=_INACTIVE_SECONDS,
        mem_storage=True,
        num_replicas=1,
    )
    try:
        left = (await js.add_consumer(name, config)).num_pending or 0
    except NotFoundError:
        return
    pull = await Pull.begin(client, name, reading, PAGE)
    try:
        while left > 0:
            try:
                page = await pull.next()
            except NothingCame:
                # Deleted by somebody meanwhile.
                return
            left -= len(page)
            yield page
    finally:
        await pull.end()
        await js.delete_consumer(name, reading)


async def aged(client: Client, name: str, age: timedelta) -> int:
    """The number of the newest message of a stream that is older, by the server's clock; 0 when none is."""
    js = client.jetstream(timeout=API_SECONDS)
    state = (await js.stream_info(name)).state
    if not state.messages:
        return 0
    oldest = await _now(client, name) - age
    low, high = state.first_seq - 1, state.last_seq
    # Every message up to `low` is older, none after `high` is.
    while low < high:
        middle = (low + high + 1) // 2
        message = await _at_or_after(js, name, middle)
        if message is None or message.seq is None or message.seq > high:
            # What was deleted counts as the message before it.
            high = middle - 1
        elif _time(message) < oldest:
            low = message.seq
        else:
            high = middle - 1
    return low


async def _now(client: Client, name: str) -> datetime:
    """The server's clock: it dates its answers from 2.10 on; before, the newest message stands for it."""
    answer = json.loads((await client.request(f"$JS.API.STREAM.INFO.{name}", timeout=API_SECONDS)).data)
    if "ts" in answer:
        return _parsed(answer["ts"])
    return _time(await client.jetstream(timeout=API_SECONDS).get_last_msg(name, ">"))


async def _at_or_after(js: JetStreamManager, name: str, number: int) -> RawStreamMsg | None:
    try:
        return await js.get_msg(name, seq=number, subject=">", next=True)
    except NotFoundError:
        return None


def _time(message: RawStreamMsg) -> datetime:
    if isinstance(message.time, datetime):
        return message.time
    return _parsed(str(message.time))


def _parsed(text: str) -> datetime:
    """A time of Go's, whose fractions have up to nine digits."""
    whole, _, fraction = text.removesuffix("Z").partition(".")
    made = datetime.fromisoformat(whole).replace(tzinfo=UTC)
    return made + timedelta(microseconds=int(fraction[:6].ljust(6, "0")))
