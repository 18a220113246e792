"""One platform for all faults: its waits are short, so that what takes minutes in production takes seconds here."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from local.libraries import check_libraries
from local.platform import Platform
from local.trial import running_platform
from offers.settings import get_settings
from tests.faults.disk import Disk, small_disk
from tests.faults.stage import Stage

SETTINGS = {
    # An entry is taken over from a silent consumer after a second, and set aside after the fourth try.
    "CLAIM_IDLE_MS": "1000",
    "MAX_DELIVERIES": "4",
    "MAIL_CLAIM_SECONDS": "5",
    # Tickets are not the matter here, and what renders them takes long to start.
    "RENDER_WARM": "false",
    # The tests last longer than a token.
    "ACCESS_TOKEN_MINUTES": "600",
    "LOG_LEVEL": "INFO",
}

#: Generous: a busy machine starts nine processes slowly.
READY_SECONDS = 240.0


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "quick: a fault that is tried in every run of the tests")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Outside `./pc test faults` only the quick ones run. There, each time is one worker's."""
    if os.environ.get("FAULTS") == "all":
        for item in items:
            if (of := getattr(item, "callspec", None)) is not None and "turn" in of.params:
                # Beside the mark of its module: the names of an item's groups are joined.
                item.add_marker(pytest.mark.xdist_group(f"turn-{of.params['turn']}"))
        return
    here = os.path.dirname(__file__)
    late = [item for item in items if str(item.path).startswith(here) and item.get_closest_marker("quick") is None]
    if late:
        config.hook.pytest_deselected(items=late)
        items[:] = [item for item in items if item not in late]


@pytest.fixture(scope="session", params=range(1, int(os.environ.get("FAULTS_TIMES", "1")) + 1), ids="turn{}".format)
def turn(request: pytest.FixtureRequest) -> int:
    """FAULTS_TIMES: all of it so many times in a row, each time on a new platform."""
    return request.param


@pytest.fixture(scope="session")
def _place(turn: int) -> Iterator[tuple[Path, Disk | None]]:
    """Where the platform's data lie, and the small disk of its database. Not below pytest's own folder, which the
    unprivileged account of an embedded PostgreSQL may not enter.
    """
    place = Path(tempfile.mkdtemp(prefix="pc-faults-"))
    place.chmod(0o755)
    try:
        with small_disk(place / "postgres") as made:
            yield place, made
    finally:
        shutil.rmtree(place, ignore_errors=True)


@pytest.fixture
def disk(_place: tuple[Path, Disk | None]) -> Iterator[Disk]:
    """The small disk of the database."""
    made = _place[1]
    if made is None:
        pytest.skip("NOT TESTED: a full disk needs the right to mount a small file system (root on Linux)")
    try:
        yield made
    finally:
        made.clear()


@pytest.fixture(scope="session")
def stage(_place: tuple[Path, Disk | None]) -> Iterator[Stage]:
    """The platform with its people. Mark what uses it with `xdist_group("faults")`: a platform is started once."""
    check_libraries()
    with (
        running_platform(_place[0], environment=SETTINGS, ready_seconds=READY_SECONDS) as platform,
        pytest.MonkeyPatch.context() as patch,
    ):
        # What `offers` tells of pictures depends on where they are read; the auditor asks it in this process.
        patch.setenv("STORAGE_PUBLIC_URL", platform.topology.environment()["STORAGE_PUBLIC_URL"])
        get_settings.cache_clear()
        _keep_small(platform)
        made = Stage(platform)
        made.open()
        yield made
    get_settings.cache_clear()


def _keep_small(platform: Platform) -> None:
    """PostgreSQL's own log must fit the small disk."""
    postgres = platform.servers.postgres
    assert postgres is not None, "the faults are for a platform of their own: unset DATABASE_URL_* and REDIS_URL"
    with psycopg.connect(postgres.url(), autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET max_wal_size = '96MB'")
        connection.execute("ALTER SYSTEM SET min_wal_size = '32MB'")
        connection.execute("SELECT pg_reload_conf()")
