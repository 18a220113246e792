"""One of the four services in this process, on a PostgreSQL of its own, with partners that are simulators or nobody."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from redis.asyncio import Redis

from shared.database import Database
from shared.settings import ServiceSettings
from shared.testing.databases import TestDatabase
from shared.testing.recorders import Tokens

CONTEXTS = ("users", "offers", "bookings", "documents")


@pytest.fixture(params=CONTEXTS)
def context(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def settings_overrides(context: str, tmp_path: Path) -> dict[str, Any]:
    """As the services' own tests have it: cheap hashes, no waiting, rendering on demand; attempts without end."""
    from tests.fuzz.worlds.users import DMS_TOKEN, WEBHOOK_SECRET

    # However busy the machine that tests: a 503 is a finding.
    patient = {f"database_{what}_ms": 60_000 for what in ("pool_wait", "lock_timeout", "statement_timeout")}
    if context == "documents":
        return {**patient, "render_warm": False, "render_timeout": 120}
    if context != "users":
        return patient
    return {
        **patient,
        "argon2_time_cost": 1,
        "argon2_memory_kib": 8,
        "argon2_parallelism": 1,
        "signin_refusal_floor_ms": 0,
        "unknown_account_floor_ms": 0,
        "signin_address_attempts": 1_000_000,
        "private_storage_directory": str(tmp_path / "private"),
        "ubble_webhook_secret": WEBHOOK_SECRET,
        "dms_webhook_token": DMS_TOKEN,
    }


@pytest_asyncio.fixture
async def database(
    context: str, settings: ServiceSettings, test_database: TestDatabase, tokens: Tokens
) -> AsyncIterator[Database]:
    """The service's database; in that of users, the key of the fixture `tokens` signs what users itself issues."""
    made = Database(settings)
    await made.open()
    if context == "users":
        from users.sessions.keys import add_key

        async with made.transaction() as session:
            add_key(session, settings, tokens.key, timedelta())  # type: ignore[bad-argument-type]
    yield made
    await made.close()
    test_database.empty()


@pytest_asyncio.fixture
async def partners(context: str, app: Any, settings: Any, redis: Redis) -> AsyncIterator[None]:
    """The partners of users as its own simulators play them, without a network."""
    if context != "users":
        yield
        return
    import httpx

    from users.partners import partners_for

    transport = httpx.ASGITransport(app)
    await app.state.partners.close()
    app.state.partners = partners_for(settings, redis, transport)
    app.state.simulator_transport = transport
    yield
    await app.state.partners.close()
