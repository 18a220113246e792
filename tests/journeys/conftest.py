"""One platform for all journeys: every process, the gateway in front, the tiny sandbox inside."""

from collections.abc import Iterator

import pytest

from local.libraries import check_libraries
from local.platform import Platform
from local.trial import running_platform


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
