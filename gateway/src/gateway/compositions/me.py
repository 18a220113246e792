"""`GET /native/v1/me`: the account from `users`, the credit and the booked offers from `bookings`.

Both are asked at once. Without the second, in time and whole, the first goes out as it is: its `domainsCredit` is null
and its `bookedOffers` empty, as the contract allows.
"""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
import structlog

from gateway.calls import Call
from gateway.compositions.parts import Parts
from gateway.connections import UpstreamError
from gateway.headers import response_headers
from gateway.metrics import COMPOSED
from gateway.proxy import Fetched, exchange, fetch
from gateway.upstreams import Upstream

log = structlog.get_logger(__name__)

WALLET = "/internal/wallets/me"
_KEYS = ("domainsCredit", "bookedOffers")
_REPLACED = frozenset({b"content-length", b"etag", b"last-modified", b"content-md5"})


async def compose_me(call: Call, parts: Parts) -> None:
    """Answer `call`. Raises UpstreamError when the account itself cannot be had."""
    wallet: asyncio.Task[dict[str, Any] | None] | None = None
    if call.authorization is not None:
        wallet = asyncio.create_task(_wallet(parts.upstreams["bookings"], call, parts.extra_seconds))
    try:
        account = await exchange(parts.upstreams["users"], parts.head + b"\r\n", seconds=parts.seconds)
        body = account.body
        if account.status == 200 and wallet is not None:
            body = _merged(account, await wallet)
        headers = [header for header in response_headers(account.status, account.headers) if header[0] not in _REPLACED]
        if account.status not in (204, 304):
            headers.append((b"content-length", b"%d" % len(body)))
        await call.start(account.status, headers)
        await call.body(b"" if call.method == "HEAD" else body)
    finally:
        if wallet is not None:
            wallet.cancel()


async def _wallet(bookings: Upstream, call: Call, seconds: float) -> dict[str, Any] | None:
    """What `bookings` knows of the caller; None when it cannot be had."""
    headers = [
        (b"authorization", call.authorization or b""),
        (b"accept", b"application/json"),
        (b"x-request-id", call.request_id.encode()),
        (b"traceparent", call.traceparent),
    ]
    try:
        fetched = await fetch(bookings, "GET", WALLET, headers=headers, seconds=seconds)
    except UpstreamError as error:
        log.warning("compositions.part_missing", composition="me", part="wallet", error=repr(error))
        return None
    if fetched.status != 200:
        log.warning("compositions.part_missing", composition="me", part="wallet", status=fetched.status)
        return None
    try:
        wallet = orjson.loads(fetched.body)
    except ValueError:
        return None
    return wallet if isinstance(wallet, dict) else None


def _merged(account: Fetched, wallet: dict[str, Any] | None) -> bytes:
    """The account's body with the wallet's keys in it."""
    if wallet is None:
        COMPOSED.labels("me", "partial").inc()
        return account.body
    try:
        body = orjson.loads(account.body)
        body.update({key: wallet[key] for key in _KEYS if key in wallet})
    except (ValueError, AttributeError):
        COMPOSED.labels("me", "partial").inc()
        return account.body
    COMPOSED.labels("me", "whole").inc()
    return orjson.dumps(body)
