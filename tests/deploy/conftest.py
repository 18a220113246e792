"""The core of deploy/compose.yaml, from images built now, by a real engine and Docker Compose.

`./pc test deploy` runs it (several minutes). A run of all tests passes it over, and says so.
"""

from __future__ import annotations

import os
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio

from local.containers import Containers
from local.engine import Engine
from local.errors import LocalError
from local.paths import LOGS, relative
from tests.journeys.conftest import surfaces

__all__ = ["surfaces"]

ASKED_FOR = "PC_TEST_DEPLOY"
PATIENCE_SECONDS = 90


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.docker)


def told(what: str, began: float) -> None:
    """A line about what took long, in the test's own output (`-s`, which `./pc test deploy` gives)."""
    sys.stderr.write(f"\n[deploy] {what}: {time.monotonic() - began:.1f} s\n")


@pytest.fixture(scope="session")
def engine() -> Engine:
    """The engine; without one, or without being asked for, everything here is skipped."""
    if os.environ.get(ASKED_FOR) != "1":
        pytest.skip("containers are tested by `./pc test deploy`, which needs a container engine and several minutes")
    found = Engine.found()
    if found is None:
        pytest.skip(
            "NOT TESTED: no container engine answers here (DOCKER_HOST), so images and compose.yaml were not run"
        )
    try:
        sys.stderr.write(
            f"\n[deploy] engine {found.version}, compose {found.compose_version}, builder {found.builder}\n"
        )
    except LocalError as error:
        pytest.skip(f"NOT TESTED: {error}")
    return found


@pytest.fixture(scope="session")
def built(engine: Engine) -> Containers:
    """Images of this checkout, under a tag of the tests."""
    containers = Containers(engine, project=f"pctest-{uuid4().hex[:8]}", version="test")
    began = time.monotonic()
    sizes = containers.build()
    told("images built", began)
    for reference, size in sizes.items():
        sys.stderr.write(f"[deploy] {reference}: {size / 1e6:.0f} MB\n")
    return containers


@pytest.fixture(scope="session")
def containers(
    engine: Engine, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Containers]:
    """The core, with two replicas of the API of bookings and the tiny data set; stopped and forgotten at the end.

    While one works on these tests, PC_TEST_DEPLOY_PROJECT names a project that runs already; it is left as it is.
    """
    if project := os.environ.get("PC_TEST_DEPLOY_PROJECT"):
        running = Containers(engine, project=project, version="test")
        running.variables = {
            variable: running.capture("port", service, port)[1].strip().rpartition(":")[2]
            for variable, service, port in (
                ("GATEWAY_PORT", "gateway", "5001"),
                ("MAILBOX_PORT", "documents-api", "6104"),
            )
        }
        yield running
        return
    built: Containers = request.getfixturevalue("built")
    built.secrets_folder = tmp_path_factory.mktemp("deploy") / "secrets"
    gateway, mailbox = _free_ports(2)
    built.variables = {
        "GATEWAY_PORT": str(gateway),
        "MAILBOX_PORT": str(mailbox),
        "BOOKINGS_API_REPLICAS": "2",
        "ENVIRONMENT": "local",
        # A busy machine is slow: that is no failure of what is tested here.
        "DEFAULT_TIMEOUT": str(PATIENCE_SECONDS),
        "CONNECT_TIMEOUT": "20",
    }
    try:
        began = time.monotonic()
        built.up()
        told("core up and healthy", began)
        began = time.monotonic()
        built.sandbox("tiny")
        told("tiny data set", began)
        yield built
    finally:
        log = LOGS / "containers.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text(built.capture("logs", "--no-color", "--timestamps")[1])
        sys.stderr.write(f"\n[deploy] what the containers printed: {relative(log)}\n")
        began = time.monotonic()
        built.down(forget=True)
        told("taken down", began)


@pytest.fixture(scope="session")
def gateway_url(containers: Containers) -> str:
    """The one door; takes the place of the journeys' fixture."""
    return f"http://localhost:{containers.variables['GATEWAY_PORT']}"


@pytest_asyncio.fixture
async def new_client(gateway_url: str) -> AsyncIterator[Callable[[], httpx.AsyncClient]]:
    """Makes HTTP clients as the journeys' fixture does, more patient ones."""
    async with AsyncExitStack() as stack:

        def make() -> httpx.AsyncClient:
            made = httpx.AsyncClient(base_url=gateway_url, timeout=PATIENCE_SECONDS + 10)
            stack.push_async_callback(made.aclose)
            return made

        yield make


@pytest_asyncio.fixture
async def mailbox(containers: Containers) -> AsyncIterator[httpx.AsyncClient]:
    """The mailbox page of `documents`; takes the place of the journeys' fixture."""
    url = f"http://localhost:{containers.variables['MAILBOX_PORT']}"
    async with httpx.AsyncClient(base_url=url, timeout=30.0) as made:
        yield made


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [item.getsockname()[1] for item in sockets]
    for item in sockets:
        item.close()
    return ports
