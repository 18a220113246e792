"""No list asks the database more often for having more to show."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from documents.factories import BookingFactory
from shared.events.bookings import BOOKING
from shared.testing.recorders import StatementCounter, Tokens

HOLDER = 77


@pytest.mark.parametrize("path", ["/mailbox.json", "/mailbox", "/internal/extracts/me"])
async def test_lists(
    path: str, client: httpx.AsyncClient, tokens: Tokens, deliver: Any, statements: StatementCounter
) -> None:
    async def booked(times: int) -> None:
        for _ in range(times):
            await deliver(BOOKING, "created", BookingFactory.build(user_id=HOLDER))

    headers = tokens.native(HOLDER)
    await booked(1)
    assert (await client.get(path, headers=headers)).status_code == 200
    with statements() as few:
        short = await client.get(path, headers=headers)
    await booked(5)
    with statements() as many:
        long = await client.get(path, headers=headers)
    assert short.status_code == long.status_code == 200
    assert few
    assert len(many) == len(few), many
    assert len(long.content) > len(short.content)
