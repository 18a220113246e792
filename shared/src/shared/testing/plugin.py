"""The pytest plugin of this repository. A service's conftest says `context`; everything else is here."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
import structlog
from fastapi import FastAPI
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncSession

from shared import clock as clock_module
from shared.database.session import Database
from shared.features import Flags
from shared.settings import ServiceSettings
from shared.telemetry import logs
from shared.testing.databases import TestDatabase, close_all, prepare
from shared.testing.flags import FlagControl
from shared.testing.recorders import ClockControl, Delivery, EventRecorder, StatementCounter, Tokens
from shared.testing.servers import Addresses, Servers
from shared.testing.spans import SpanRecorder

_servers = Servers()
# Nobody listens here: a test that calls another service without saying so fails at once.
NOWHERE = "http://127.0.0.1:9"


def pytest_configure(config: pytest.Config) -> None:
    given = getattr(config, "workerinput", {}).get("pc_servers")
    if given:
        _servers.given(Addresses(*given))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Under xdist the controller starts the servers once, for all its workers."""
    addresses = _servers.addresses()
    node.workerinput["pc_servers"] = (addresses.database_url, addresses.redis_url)


def pytest_unconfigure(config: pytest.Config) -> None:
    close_all()
    if not hasattr(config, "workerinput"):
        _servers.stop()


@pytest.fixture(scope="session")
def servers() -> Addresses:
    """Addresses of the session's PostgreSQL and Valkey."""
    return _servers.addresses()


@pytest.fixture(autouse=True)
def _logs_as_before() -> Iterator[None]:
    """A command that a test runs in this process logs to an output that ends with it; the next test must not."""
    root, configured, write_line = logging.getLogger(), structlog.get_config(), logs._write_line
    handlers, level = list(root.handlers), root.level
    yield
    if logs._write_line is not write_line or structlog.get_config() != configured:
        logs._write_line = write_line
        structlog.configure(**configured)
        root.handlers[:] = handlers
        root.setLevel(level)


@pytest.fixture(autouse=True)
def _flags_as_declared() -> Iterator[None]:
    """Flags live as long as the process; what a test turned must not reach the next one."""
    yield
    Flags.forget_all()


@pytest.fixture
def flags(context: str, database: Database) -> FlagControl:
    return FlagControl(database, import_module(f"{context}.features").flags)


@pytest.fixture(scope="session")
def worker_name(request: pytest.FixtureRequest) -> str:
    """This test process: `gw0`, `gw1`… under xdist, else `main`."""
    return getattr(request.config, "workerinput", {}).get("workerid", "main")


@pytest.fixture(scope="session")
def redis_url(servers: Addresses, worker_name: str) -> str:
    """A Redis database of this test process alone."""
    number = 0 if worker_name == "main" else 1 + int(worker_name.removeprefix("gw")) % 15
    return f"{servers.redis_url}/{number}"


# Not kept for the session: pytest would hand the first context's database to the tests of every other one.
@pytest.fixture
def test_database(servers: Addresses, context: str, worker_name: str) -> TestDatabase:
    return prepare(servers.database_url, context, worker_name)


@pytest.fixture
def settings(request: pytest.FixtureRequest, context: str, tmp_path: Path) -> ServiceSettings:
    """The service's settings for a test: own database, own Redis database, no other service anywhere."""
    test_database: TestDatabase = request.getfixturevalue("test_database")
    redis_url: str = request.getfixturevalue("redis_url")
    return import_module(f"{context}.settings").Settings(
        environment="test",
        database_url=test_database.url,
        redis_url=redis_url,
        users_url=NOWHERE,
        offers_url=NOWHERE,
        bookings_url=NOWHERE,
        documents_url=NOWHERE,
        storage_directory=str(tmp_path / "storage"),
        # Read at start; afterwards when the fixture `flags` turns one. A poll would disturb who counts statements.
        feature_poll_seconds=3_600,
        **request.getfixturevalue("settings_overrides"),
    )


@pytest.fixture
def settings_overrides() -> dict[str, Any]:
    """Override in a conftest or a test module to change settings."""
    return {}


@pytest_asyncio.fixture
async def database(settings: ServiceSettings, test_database: TestDatabase) -> AsyncIterator[Database]:
    """The service's database, empty but for what the migrations wrote; emptied again after the test."""
    made = Database(settings)
    await made.open()
    yield made
    await made.close()
    test_database.empty()


@pytest_asyncio.fixture
async def session(database: Database) -> AsyncIterator[AsyncSession]:
    """A session for arranging and looking. What the code under test shall see must be committed first."""
    async with AsyncSession(database.engine, expire_on_commit=False) as made:
        yield made


@pytest_asyncio.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    """An empty Redis database."""
    client = Redis.from_url(redis_url)
    await client.flushdb()
    yield client
    await client.flushdb()
    await client.aclose()


@pytest.fixture
def tokens() -> Tokens:
    return Tokens()


@pytest_asyncio.fixture
async def app(context: str, settings: ServiceSettings, database: Database, tokens: Tokens) -> AsyncIterator[FastAPI]:
    """The service's application, started, trusting the tokens of the fixture `tokens`."""
    made: FastAPI = import_module(f"{context}.app").create_app(settings)
    for issuer in ("users", "offers"):
        if issuer != context:
            made.state.verifier.trust(issuer, tokens.jwks)
    async with made.router.lifespan_context(made):
        if context in ("users", "offers"):
            made.state.verifier.trust(context, tokens.jwks)
        yield made


@pytest_asyncio.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """HTTP on the application, without a network; an escaped exception is the 500 that a caller would see."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as made:
        yield made


@pytest.fixture
def events(database: Database) -> EventRecorder:
    return EventRecorder(database)


@pytest.fixture
def deliver(context: str, settings: ServiceSettings, database: Database) -> Delivery:
    worker = import_module(f"{context}.worker").create_worker(settings)
    return Delivery(database, worker.subscriptions)


@pytest.fixture
def recorded_spans() -> Iterator[SpanRecorder]:
    """Tracing is on for this test. A test whose SQL counts asks for it in `settings_overrides`: before the engine exists."""
    recorder = SpanRecorder()
    recorder.start()
    yield recorder
    recorder.stop()


@pytest.fixture
def statements(app: FastAPI, database: Database) -> StatementCounter:
    return StatementCounter([app.state.database.engine, database.engine])


@pytest.fixture
def clock() -> Iterator[ClockControl]:
    yield ClockControl()
    clock_module.set_frozen(None)
