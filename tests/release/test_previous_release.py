"""During a rolling deployment the previous release works on a database that the new one has prepared.

The previous release's own tests run from its own code (a git worktree), on databases built by this checkout's migrations.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.testing.servers import Addresses

ROOT = Path(__file__).parents[2]
# For each service the tests that touch most of its tables, through its faces and its events.
TESTS = {
    "users": ("test_native_sessions.py",),
    "offers": ("native/test_offer_page.py", "core/test_portal.py"),
    "bookings": ("test_book.py", "test_native.py"),
    "documents": ("test_mails.py",),
}
DEADLINE_SECONDS = 300


def git(*words: str) -> str:
    return subprocess.run(  # noqa: S603
        ["git", *words],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()


def previous_release() -> str:
    """The newest tag `v*` before this commit, else the commit before; skips where history does not reach so far."""
    for question in (("describe", "--tags", "--abbrev=0", "--match", "v*", "HEAD^"), ("rev-parse", "HEAD^")):
        try:
            return git(*question)
        except (subprocess.CalledProcessError, OSError):
            continue
    pytest.skip("no git history here: the previous release was not tried")


@pytest.fixture(scope="module")
def former(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The previous release's tree."""
    revision = previous_release()
    folder = tmp_path_factory.mktemp("release") / "previous"
    git("worktree", "add", "--detach", "--force", str(folder), revision)
    yield folder
    git("worktree", "remove", "--force", str(folder))


@pytest.fixture
def servers_of_ours(servers: Addresses, worker_name: str) -> dict[str, str]:
    """Under xdist the former tests share our servers, in databases that are nobody's of ours. Else they start their own."""
    if worker_name == "main":
        return {}
    return {"TEST_DATABASE_URL": servers.database_url, "TEST_REDIS_URL": servers.redis_url}


@pytest.mark.xdist_group("former")
@pytest.mark.parametrize("service", TESTS)
def test_the_previous_release_works_on_the_prepared_database(
    former: Path, servers_of_ours: dict[str, str], service: str
) -> None:
    files = [file for name in TESTS[service] if (file := former / "services" / service / "tests" / name).is_file()]
    assert files, "name tests that the previous release has"
    sources = [former / "shared" / "src", former / "gateway" / "src", former / "deploy" / "local" / "src"]
    sources += [former / "services" / name / "src" for name in TESTS]
    ran = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "pytest", "-q", "-n0", "-p", "no:cacheprovider", *map(str, files)],
        cwd=former,
        env={
            **{name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")},
            **servers_of_ours,
            "PYTHONPATH": os.pathsep.join(map(str, sources)),
            # Its code, our migrations.
            "PC_SERVICE_FOLDER": str(ROOT / "services" / service),
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=DEADLINE_SECONDS,
    )
    assert ran.returncode == 0, f"{ran.stdout[-4000:]}\n{ran.stderr[-1000:]}"
    assert " passed" in ran.stdout
