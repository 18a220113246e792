"""Fixtures of the users service; the rest comes from `shared.testing`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from redis.asyncio import Redis

from shared.database import Database
from shared.testing.databases import TestDatabase
from shared.testing.recorders import EventRecorder, Tokens
from users.factories import PASSWORD
from users.partners import Partners, partners_for
from users.sessions.keys import add_key
from users.settings import Settings

from .mailbox import Mailbox


@pytest.fixture(scope="session")
def context() -> str:
    return "users"


@pytest.fixture
def settings_overrides() -> dict[str, Any]:
    """Hashing as cheap as can be, refusals that do not wait."""
    return {
        "argon2_time_cost": 1,
        "argon2_memory_kib": 8,
        "argon2_parallelism": 1,
        "signin_refusal_floor_ms": 0,
        "unknown_account_floor_ms": 0,
    }


@pytest_asyncio.fixture
async def database(settings: Settings, test_database: TestDatabase, tokens: Tokens) -> AsyncIterator[Database]:
    """The service's database, in which the key of the fixture `tokens` signs: the app and the tests trust the same."""
    made = Database(settings)
    await made.open()
    async with made.transaction() as session:
        add_key(session, settings, tokens.key, timedelta())
    yield made
    await made.close()
    test_database.empty()


SignIn = Callable[..., Awaitable[httpx.Response]]


@pytest.fixture
def sign_in(client: httpx.AsyncClient) -> SignIn:
    """Sign in to the app as somebody."""

    async def post(
        email: str, password: str = PASSWORD, device: str | None = None, version: int = 2, **headers: str
    ) -> httpx.Response:
        body: dict[str, Any] = {"identifier": email, "password": password}
        if device is not None or version == 2:
            body["deviceInfo"] = {"deviceId": device or "", "os": "Linux", "source": "Firefox"}
        return await client.post(f"/native/v{version}/signin", json=body, headers=headers)

    return post


@pytest.fixture
def portal_sign_in(client: httpx.AsyncClient) -> SignIn:
    """Sign in to the portal as somebody; the client keeps no cookie."""

    async def post(email: str, password: str = PASSWORD, **headers: str) -> httpx.Response:
        body = {"identifier": email, "password": password, "captchaToken": "test_token"}
        response = await client.post("/users/signin", json=body, headers=headers)
        client.cookies.clear()
        return response

    return post


@pytest.fixture
def mailbox(events: EventRecorder) -> Mailbox:
    return Mailbox(events)


@pytest_asyncio.fixture
async def partners(app: FastAPI, settings: Settings, redis: Redis) -> AsyncIterator[Partners]:
    """The partners as the simulators of the application play them, without a network."""
    transport = httpx.ASGITransport(app)
    await app.state.partners.close()
    made = partners_for(settings, redis, transport)
    app.state.partners = made
    app.state.simulator_transport = transport
    yield made
    await made.close()
