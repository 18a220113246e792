"""Somebody new signs on by a provider, through the gateway; campaigns hear of them, and nobody else gets in by it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio

from local.platform import Platform
from tests.journeys.people import app, until

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("platform")]


@pytest_asyncio.fixture
async def simulators(platform: Platform) -> AsyncIterator[httpx.AsyncClient]:
    """The pages of the simulated partners, which are not behind the gateway."""
    url = f"http://localhost:{platform.topology.api_port('users')}"
    async with httpx.AsyncClient(base_url=url, timeout=30.0) as made:
        yield made


async def code_for(simulators: httpx.AsyncClient, provider: str, email: str, state: str) -> str:
    form = {"email": email, "subject": "", "outcome": "accepted", "nonce": state, "state": state}
    page = await simulators.post(f"/simulators/{provider}/authorize", data=form | {"client_id": "simulated-client"})
    found = re.search(r"<p id=code>(.*)</p>", page.text)
    assert found, page.text
    return found[1]


@pytest.mark.parametrize("provider", ["google", "apple"])
async def test_a_provider_lets_somebody_new_in(new_client, surfaces, simulators, provider):
    person = app(new_client(), surfaces)
    device = str(uuid4())
    person.headers["device-id"] = device
    email = f"ancree-{uuid4().hex[:8]}@example.com"

    async def sign_on(status: int) -> httpx.Response:
        state = (await person.get("/native/v2/oauth/state"))["oauthStateToken"]
        body = {
            "authorizationCode": await code_for(simulators, provider, email, state),
            "oauthStateToken": state,
            "deviceInfo": {"deviceId": device},
        }
        answer = await person.call("POST", f"/native/v2/oauth/{provider}/authorize", status, json=body)
        # Nothing of it works a second time, nor for another device.
        await person.call("POST", f"/native/v2/oauth/{provider}/authorize", 400, json=body)
        return answer

    unknown = (await sign_on(401)).json()
    assert (unknown["code"], unknown["email"]) == ("SSO_EMAIL_NOT_FOUND", email)
    opened = await person.call(
        "POST",
        f"/native/v1/oauth/{provider}/account",
        200,
        json={
            "accountCreationToken": unknown["accountCreationToken"],
            "birthdate": f"{datetime.now(UTC).year - 17}-01-01",
            "token": "",
            "trustedDevice": {"deviceId": device},
        },
    )
    person.headers["Authorization"] = f"Bearer {opened.json()['accessToken']}"
    me = await person.get("/native/v1/me")
    assert (me["email"], me["hasPassword"]) == (email, False)

    async def known_to_campaigns() -> bool:
        return f"<td>{me['id']}</td>" in (await simulators.get("/simulators/push")).text

    assert await until(known_to_campaigns)
    del person.headers["Authorization"]
    again = (await sign_on(200)).json()
    assert again["accountState"] == "ACTIVE"
