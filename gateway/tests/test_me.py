"""`GET /native/v1/me`: two services, one answer, and one of them missing."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

ME, WALLET = "/native/v1/me", "/internal/wallets/me"
ACCOUNT = {"id": 1, "firstName": "Zoé", "domainsCredit": None, "bookedOffers": {}}
CREDIT = {"domainsCredit": {"all": {"initial": 30_000, "remaining": 14_000}}, "bookedOffers": {"12": 34}}


@pytest.fixture(autouse=True)
def operations(house: Any) -> None:
    house.users.offers("GET", ME, "native", x_composition="me", security=[{"JWTAuth": []}])
    house.users.on("GET", ME, ACCOUNT, headers='etag: "1"\r\nx-extra: kept\r\n')
    house.bookings.on("GET", WALLET, {**CREDIT, "id": 999})


async def test_both_parts_make_one(house: Any, tokens: Any) -> None:
    door = await house.open()
    headers = tokens.native(1)
    reply = await door.get(ME, headers)
    assert reply.json() == {**ACCOUNT, **CREDIT}
    assert (reply.header("etag"), reply.header("x-extra")) == (None, "kept")
    assert int(reply.header("content-length") or 0) == len(reply.body)
    seen = house.bookings.seen(WALLET)[0]
    assert seen.header("authorization") == headers["Authorization"]
    assert seen.header("x-request-id") == house.users.seen(ME)[0].header("x-request-id")


async def test_both_are_asked_at_once(house: Any, tokens: Any) -> None:
    asked = asyncio.Event()
    whole = house.bookings.handlers[f"GET {WALLET}"]
    account = house.users.handlers[f"GET {ME}"]

    async def wallet(wire: Any, request: Any) -> None:
        asked.set()
        await whole(wire, request)

    async def waits_for_the_other(wire: Any, request: Any) -> None:
        await asked.wait()
        await account(wire, request)

    house.bookings.script("GET", WALLET, wallet)
    house.users.script("GET", ME, waits_for_the_other)
    door = await house.open()
    assert (await door.get(ME, tokens.native(1))).json()["bookedOffers"] == {"12": 34}


async def test_without_bookings_the_account_goes_out_as_it_is(house: Any, tokens: Any) -> None:
    door = await house.open()
    await house.bookings.stop()
    reply = await door.get(ME, tokens.native(1))
    assert (reply.status, reply.json()) == (200, ACCOUNT)


@pytest.mark.parametrize(("content", "status"), [({}, 500), ({}, 401), ([], 200), ({}, 200)])
async def test_a_wallet_that_is_none_changes_nothing(house: Any, tokens: Any, content: Any, status: int) -> None:
    house.bookings.on("GET", WALLET, content, status)
    door = await house.open()
    assert (await door.get(ME, tokens.native(1))).json() == ACCOUNT


async def test_a_stalled_wallet_is_not_waited_for(house: Any, tokens: Any) -> None:
    async def never(wire: Any, _request: Any) -> None:
        await wire.gone()

    house.bookings.script("GET", WALLET, never)
    door = await house.open(composition_timeout=0.1)
    reply = await door.get(ME, tokens.native(1))
    assert (reply.status, reply.json()) == (200, ACCOUNT)


async def test_without_users_there_is_no_account(house: Any, tokens: Any) -> None:
    door = await house.open()
    await house.users.stop()
    reply = await door.get(ME, tokens.native(1))
    assert (reply.status, reply.header("retry-after")) == (503, "2")


@pytest.mark.parametrize("status", [401, 403])
async def test_refusals_are_the_accounts_own(house: Any, tokens: Any, status: int) -> None:
    house.users.on("GET", ME, {"code": "NO"}, status)
    door = await house.open()
    reply = await door.get(ME, tokens.native(1))
    assert (reply.status, reply.json()) == (status, {"code": "NO"})


async def test_nobody_has_no_wallet(house: Any) -> None:
    door = await house.open()
    assert (await door.get(ME)).json() == ACCOUNT
    assert house.bookings.seen(WALLET) == []


async def test_head_of_a_composition(house: Any, tokens: Any) -> None:
    door = await house.open()
    reply = await door.ask("HEAD", ME, tokens.native(1))
    assert reply.status == 200
    assert int(reply.header("content-length") or 0) > 0
