"""Pulling messages from a consumer as they come. The client's own `fetch` waits until a batch is full or its time is over:
every fact would be as late as that.
"""

from __future__ import annotations

import json
from typing import Self

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import TimeoutError as NothingCame
from nats.js.errors import APIError

from shared.events.brokers.jetstream_line import API_SECONDS

EXPIRES_SECONDS = 2.0
# The server ends a request itself; one that it forgot is made again.
_GRACE_SECONDS = 1.0
# The request ended: nothing is there (any more), or its time is over.
_OVER = frozenset({"404", "408"})


class Pull:
    """Takes up to `batch` messages at a time, those that are there.

    While they are being handled nothing is asked for: a request left open would be given the same messages again, for
    nobody, when the handling takes longer than they may be held, and each time counts as an attempt.
    """

    def __init__(self, client: Client, subscription: Subscription, address: str, batch: int) -> None:
        self._client = client
        self._subscription = subscription
        self._address = address
        self._batch = batch
        self._may_have_more = True

    @classmethod
    async def begin(cls, client: Client, stream: str, consumer: str, batch: int) -> Self:
        subscription = await client.subscribe(client.new_inbox())
        return cls(client, subscription, f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{consumer}", batch)

    async def next(self) -> list[Msg]:
        """One message at least, and what is there with it. Raises nats.errors.TimeoutError when none comes for a while,
        other errors of NATS when the line or the consumer is gone.
        """
        found = await self._present(self._batch) if self._may_have_more else []
        if not found:
            # What comes first, then what came with it.
            found = await self._ask(1, EXPIRES_SECONDS + _GRACE_SECONDS, expires=int(EXPIRES_SECONDS * 1e9))
            if found and self._batch > 1:
                found += await self._present(self._batch - 1)
        if not found:
            raise NothingCame
        return found

    async def _present(self, count: int) -> list[Msg]:
        """What is there now, up to so many."""
        found = await self._ask(count, API_SECONDS, no_wait=True)
        self._may_have_more = len(found) >= count
        return found

    async def _ask(self, count: int, seconds: float, **options: object) -> list[Msg]:
        request = json.dumps({"batch": count, **options}).encode()
        await self._client.publish(self._address, request, reply=self._subscription.subject)
        found: list[Msg] = []
        try:
            while len(found) < count:
                message = await self._subscription.next_msg(seconds)
                status = (message.headers or {}).get("Status") if not message.data else None
                if status is None:
                    found.append(message)
                elif status in _OVER:
                    break
                elif status != "100":
                    # What was taken already is not acknowledged, and given again.
                    raise APIError.from_msg(message)
        except NothingCame:
            pass
        return found

    async def end(self) -> None:
        if not self._client.is_closed:
            await self._subscription.unsubscribe()
