"""An operator turns feature flags while people use the platform: answers change, and nothing is started again."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx
import pytest

from local.platform import Platform
from tests.journeys.operators import command
from tests.journeys.people import PORTAL_ORIGIN, Caller, portal, shown, until

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("platform")]

# A process follows within two seconds, a fact to another service within a few more.
SOON = 20


async def test_sign_ups_are_closed_and_opened_again(platform: Platform, new_client: Any, surfaces: Any) -> None:
    visitor = Caller(new_client(), surfaces, "pro", {"Origin": PORTAL_ORIGIN})

    async def sign_up() -> httpx.Response:
        body = {
            "email": f"partenaire-{uuid4().hex[:8]}@example.com",
            "firstName": "Ada",
            "lastName": "Lovelace",
            "password": "Marée-haute-2026!",
            "contactOk": True,
            "token": "test_token",
        }
        return await visitor.call("POST", "/users/signup", json=body)

    assert (await sign_up()).status_code == 204
    try:
        said = command(platform, "users", "feature", "off", "ENABLE_PRO_ACCOUNT_CREATION", "--reason", "journey")
        assert "ENABLE_PRO_ACCOUNT_CREATION is off" in said
        await until(lambda: shown(visitor, "ENABLE_PRO_ACCOUNT_CREATION", active=False), deadline=SOON)
        refused = await sign_up()
        assert (refused.status_code, list(refused.json())) == (503, ["global"])
    finally:
        command(platform, "users", "feature", "on", "ENABLE_PRO_ACCOUNT_CREATION")
    await until(lambda: shown(visitor, "ENABLE_PRO_ACCOUNT_CREATION", active=True), deadline=SOON)
    assert (await sign_up()).status_code == 204


async def test_a_flag_of_another_service_reaches_the_portal(platform: Platform, new_client: Any, surfaces: Any) -> None:
    """offers closes a page of its own, and users, which lists flags to front-ends, hears of it by the event."""
    partner = await portal(new_client(), surfaces)
    await until(lambda: shown(partner, "WIP_OFFER_ARTISTS", active=True), deadline=SOON)
    assert len(await partner.get("/features")) == 12

    async def artists(status: int) -> bool:
        return (await partner.call("GET", "/artists", params={"search": "a"})).status_code == status

    assert await artists(200)
    try:
        command(platform, "offers", "feature", "off", "WIP_OFFER_ARTISTS", "--reason", "journey")
        await until(lambda: artists(503), deadline=SOON)
        await until(lambda: shown(partner, "WIP_OFFER_ARTISTS", active=False), deadline=SOON)
    finally:
        command(platform, "offers", "feature", "on", "WIP_OFFER_ARTISTS")
    await until(lambda: artists(200), deadline=SOON)
    await until(lambda: shown(partner, "WIP_OFFER_ARTISTS", active=True), deadline=SOON)
