"""The gateway prints no secret, whatever becomes of the request that carried it."""

from __future__ import annotations

import io
from typing import Any

import structlog

from gateway.access_log import AccessLog

LINK = "/users/validate_signup/{token}"
SECRETS = ("very-secret-link", "very-secret-cookie", "very-secret-bearer", "very-secret-query", "very-secret-body")


async def test_secrets_are_not_printed_when_all_goes_well_nor_when_the_service_is_away(house: Any) -> None:
    house.users.offers("PATCH", LINK, "pro")
    door = await house.open()
    stream = io.StringIO()
    door.gateway.access_log = AccessLog("json", stream)
    link, cookie, bearer, query, body = SECRETS
    headers = {
        "cookie": f"session={cookie}",
        "authorization": f"Bearer {bearer}",
        "content-type": "application/json",
    }
    path = f"/users/validate_signup/{link}?token={query}"
    with structlog.testing.capture_logs() as events:
        # Where this logger was made before, it keeps its output.
        await door.ask("PATCH", path, headers, f'{{"password": "{body}"}}'.encode())
        await house.users.stop()
        refused = await door.ask("PATCH", path, headers, f'{{"password": "{body}"}}'.encode())
    assert refused.status == 503
    door.gateway.access_log.flush()
    told = stream.getvalue() + repr(events)
    assert told.count("/users/validate_signup/***") >= 3
    assert [secret for secret in SECRETS if secret in told] == []
