"""One platform for all journeys: every process, the gateway in front, the tiny sandbox inside."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack

import httpx
import pytest
import pytest_asyncio

from local.libraries import check_libraries
from local.platform import Platform
from local.trial import running_platform
from tests.journeys.documents import Surfaces


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """The running platform, on ports and data of its own.

    Mark what uses it with `xdist_group("platform")`, so that one worker runs all of it and one platform is started.
    """
    check_libraries()
    with running_platform(tmp_path_factory.mktemp("platform")) as running:
        yield running


@pytest.fixture(scope="session")
def gateway_url(platform: Platform) -> str:
    """`http://localhost:<port>`: the one door."""
    return f"http://localhost:{platform.topology.gateway_port}"


@pytest.fixture(scope="session")
def surfaces() -> Surfaces:
    return Surfaces()


@pytest_asyncio.fixture
async def new_client(gateway_url: str) -> AsyncIterator[Callable[[], httpx.AsyncClient]]:
    """Makes HTTP clients, each with a cookie jar of its own, closed at the end of the test."""
    async with AsyncExitStack() as stack:
        made: list[httpx.AsyncClient] = []

        def make() -> httpx.AsyncClient:
            made.append(httpx.AsyncClient(base_url=gateway_url, timeout=30.0))
            stack.push_async_callback(made[-1].aclose)
            return made[-1]

        yield make


@pytest_asyncio.fixture
async def mailbox(platform: Platform) -> AsyncIterator[httpx.AsyncClient]:
    """The local mailbox, which is not behind the gateway."""
    url = f"http://localhost:{platform.topology.api_port('documents')}"
    async with httpx.AsyncClient(base_url=url, timeout=30.0) as made:
        yield made
