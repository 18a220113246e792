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

EXPIRES_SECONDS = 5.0
# The server ends a request itself; one that it forgot is made again.
_GRACE_SECONDS = 2.0
# The request ended: nothing was there, or its time is over.
_OVER = frozenset({"404", "408"})


class Pull:
    """Asks for `batch` messages at a time, and gives those that are there."""

    def __init__(self, client: Client, subscription: Subscription, address: str, batch: int) -> None:
        self._client = client
        self._subscription = subscription
        self._address = address
        self._batch = batch
        self._wanted = 0

    @classmethod
    async def begin(cls, client: Client, stream: str, consumer: str, batch: int) -> Self:
        subscription = await client.subscribe(client.new_inbox())
        return cls(client, subscription, f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{consumer}", batch)

    async def next(self) -> list[Msg]:
        """One message at least, and what came with it. Raises nats.errors.TimeoutError when none comes for a while, other
        errors of NATS when the line or the consumer is gone.
        """
        if self._wanted <= 0:
            request = {"batch": self._batch, "expires": int(EXPIRES_SECONDS * 1e9)}
            await self._client.publish(self._address, json.dumps(request).encode(), reply=self._subscription.subject)
            self._wanted = self._batch
        found: list[Msg] = []
        try:
            self._take(await self._subscription.next_msg(EXPIRES_SECONDS + _GRACE_SECONDS), found)
            while self._subscription.pending_msgs and len(found) < self._batch:
                self._take(await self._subscription.next_msg(), found)
        except NothingCame:
            self._wanted = 0
        if not found:
            raise NothingCame
        return found

    def _take(self, message: Msg, found: list[Msg]) -> None:
        status = (message.headers or {}).get("Status") if not message.data else None
        if status is None:
            self._wanted -= 1
            found.append(message)
        elif status in _OVER:
            self._wanted = 0
        elif status != "100":
            # What was taken already is not acknowledged, and given again.
            raise APIError.from_msg(message)

    async def end(self) -> None:
        if not self._client.is_closed:
            await self._subscription.unsubscribe()
