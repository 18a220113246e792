"""Putting messages on streams, all at once, and what the server says of each.

The client's own `publish_async` (nats-py 2.16) never learns of a refusal, and its `publish` waits for each answer.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass

from nats.aio.client import Client
from nats.aio.msg import Msg

from shared.events.brokers.jetstream_line import API_SECONDS

WRONG_LAST_SEQUENCE = 10071
#: Nobody listens to the subject: there is no such stream.
NO_STREAM = 503


@dataclass(frozen=True)
class Message:
    """What is to be put on a stream."""

    subject: str
    data: bytes
    headers: dict[str, str]


@dataclass(frozen=True)
class Answer:
    """A message's number on its stream, and whether it was there before; or why it was refused (`error`, a code)."""

    number: int = 0
    duplicate: bool = False
    error: int | None = None
    reason: str = ""


async def send(client: Client, messages: Sequence[Message]) -> list[Answer]:
    """Send them in order without waiting in between; the answers, in order. Raises TimeoutError without all of them."""
    inbox = client.new_inbox()
    answers: dict[int, Answer] = {}
    complete = asyncio.Event()

    async def take(message: Msg) -> None:
        answers[int(message.subject.rpartition(".")[2])] = _read(message)
        if len(answers) == len(messages):
            complete.set()

    subscription = await client.subscribe(f"{inbox}.*", cb=take)
    try:
        for number, one in enumerate(messages):
            await client.publish(one.subject, one.data, reply=f"{inbox}.{number}", headers=one.headers)
        await asyncio.wait_for(complete.wait(), API_SECONDS)
    finally:
        if not client.is_closed:
            await subscription.unsubscribe()
    return [answers[number] for number in range(len(messages))]


def _read(message: Msg) -> Answer:
    if (message.headers or {}).get("Status"):
        return Answer(error=NO_STREAM, reason="no such stream")
    found = json.loads(message.data)
    if "error" in found:
        return Answer(error=found["error"].get("err_code", 0), reason=found["error"].get("description", ""))
    return Answer(found["seq"], found.get("duplicate", False))
