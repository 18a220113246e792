"""The people of the journeys, calling as their front-ends do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import uuid4

import anyio
import httpx

from tests.journeys.documents import Surfaces

PASSWORD = "user@AZERTY123"
PARTNER = "retention_structures@example.com"
BENEFICIARY = "pctest.jeune93.has-booked-some.v2@example.com"
APP_ORIGIN = "http://localhost:8082"
PORTAL_ORIGIN = "http://localhost:3001"
DEADLINE = 20.0

T = TypeVar("T")


async def until(question: Callable[[], Awaitable[T]], *, deadline: float = DEADLINE, pause: float = 0.05) -> T:
    """Ask until the answer is true. Facts travel between services: what is asked for comes, within the deadline."""
    with anyio.fail_after(deadline):
        while not (answer := await question()):
            await anyio.sleep(pause)
    return answer


@dataclass
class Caller:
    """Somebody in front of the gateway. Every answer is checked against our committed document."""

    client: httpx.AsyncClient
    surfaces: Surfaces
    surface: str
    headers: dict[str, str] = field(default_factory=dict)

    async def call(self, method: str, path: str, expected: int | None = None, **options: Any) -> httpx.Response:
        """One request; `expected` status when given."""
        headers = {**self.headers, **options.pop("headers", {})}
        answer = await self.client.request(method, path, headers=headers, **options)
        self.surfaces.check(self.surface, method, path, answer)
        if expected is not None:
            assert answer.status_code == expected, f"{method} {path}: {answer.status_code} {answer.text[:500]}"
        return answer

    async def get(self, path: str, **options: Any) -> Any:
        """The JSON of a successful GET."""
        return (await self.call("GET", path, 200, **options)).json()


def app(client: httpx.AsyncClient, surfaces: Surfaces) -> Caller:
    """The youth app, nobody signed in."""
    headers = {
        "Origin": APP_ORIGIN,
        "app-version": "1.404.0",
        "device-id": str(uuid4()),
        "platform": "web",
        "commit-hash": "707cbb4",
        "request-id": str(uuid4()),
    }
    return Caller(client, surfaces, "native", headers)


async def signed_in(client: httpx.AsyncClient, surfaces: Surfaces, email: str = BENEFICIARY) -> Caller:
    """The youth app after a sign-in."""
    caller = app(client, surfaces)
    body = {
        "identifier": email,
        "password": PASSWORD,
        "deviceInfo": {"deviceId": caller.headers["device-id"], "os": "Linux", "source": "Chrome"},
    }
    answer = await caller.call("POST", "/native/v2/signin", 200, json=body)
    assert answer.json()["accountState"] == "ACTIVE"
    caller.headers["Authorization"] = f"Bearer {answer.json()['accessToken']}"
    return caller


async def portal(client: httpx.AsyncClient, surfaces: Surfaces, email: str = PARTNER) -> Caller:
    """The partners' portal after a sign-in: the cookie is in the client's jar."""
    caller = Caller(client, surfaces, "pro", {"Origin": PORTAL_ORIGIN})
    body = {"identifier": email, "password": PASSWORD, "captchaToken": "test_token"}
    await caller.call("POST", "/users/signin", 200, json=body)
    return caller


async def shown(caller: Caller, flag: str, *, active: bool) -> bool:
    """Whether the portal is told that a feature flag is set so."""
    return {"name": flag, "isActive": active} in [
        {"name": found["name"], "isActive": found["isActive"]} for found in await caller.get("/features")
    ]
