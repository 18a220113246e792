"""The checks of `./pc lint` that are ours: locks, stray addresses; and the pages of the command line."""

import subprocess
import sys
from pathlib import Path

import pytest

from local import locks
from local.errors import LocalError
from local.heads import heads
from local.lint import foreign
from local.logs import log_files
from local.topology import SERVICES, Topology

PYPROJECT = """
[project]
name = "passculture-{name}"
version = "1"
requires-python = ">=3.11"
dependencies = ["httpx>=0.28"]
"""
HASH = "    --hash=sha256:" + "0" * 64


@pytest.fixture
def target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> locks.Target:
    """A checkout with one package and its lock, which is in order."""
    monkeypatch.setattr(locks, "LOCKS", tmp_path / "locks")
    folder = tmp_path / "users"
    folder.mkdir()
    (tmp_path / "locks").mkdir()
    (folder / "pyproject.toml").write_text(PYPROJECT.format(name="users"))
    found = locks.Target("users", (folder,))
    monkeypatch.setattr(locks, "targets", lambda: [found])
    write(found, f"httpx==0.28.1 \\\n{HASH}\n")
    return found


def write(target: locks.Target, pins: str) -> None:
    target.path.write_text(f"# requirements: sha256:{locks.requirements_digest(target)}\n{pins}")


def test_a_good_lock_has_no_problem(target: locks.Target) -> None:
    assert locks.problems() == []


def test_a_new_requirement_makes_a_lock_stale(target: locks.Target) -> None:
    path = target.folders[0] / "pyproject.toml"
    path.write_text(path.read_text().replace("0.28", "0.29"))
    assert [problem.endswith("run ./pc lock.") for problem in locks.problems()] == [True]


@pytest.mark.parametrize(
    "line",
    [
        "--index-url somewhere",
        "httpx @ file:///tmp/httpx.whl",
        "httpx==1 --find-links=/wheels",
        "httpx==0.28.1 # from https://example.org/simple",
    ],
)
def test_an_address_in_a_lock_is_found(target: locks.Target, line: str) -> None:
    write(target, f"httpx==0.28.1 \\\n{HASH}\n{line} \\\n{HASH}\n")
    assert any("holds an address" in problem for problem in locks.problems())


def test_a_pin_without_a_hash_is_found(target: locks.Target) -> None:
    write(target, "httpx==0.28.1\n")
    assert any("has no hash" in problem for problem in locks.problems())


def test_a_missing_lock_is_found(target: locks.Target) -> None:
    target.path.unlink()
    assert ["missing" in problem for problem in locks.problems()] == [True]


def test_machine_paths_and_registries_are_found(tmp_path: Path) -> None:
    good = tmp_path / "good.md"
    good.write_text("See ./docs and http://localhost:5001, or /var/tmp.\n")
    bad = tmp_path / "bad.md"
    # Put together here, so that this file itself holds none.
    bad.write_text("a\n/ho" + "me/someone/src\nhttps://py" + "pi.org/simple\n")
    assert foreign([good, bad]) == [f"{bad}:2: /ho" + "me/someone/", f"{bad}:3: py" + "pi.org/simple"]


def test_heads_are_the_revisions_that_nothing_follows(tmp_path: Path) -> None:
    for branch, name, text in (
        ("pre", "a", "revision = 'a'\ndown_revision = None\nbranch_labels = ('pre',)"),
        ("pre", "b", "revision: str = 'b'\ndown_revision: str | None = 'a'"),
        ("pre", "c", "revision = 'c'\ndown_revision = 'a'"),
        ("pre", "d", "revision = 'd'\ndown_revision = ('b', 'c')"),
        ("post", "e", "revision = 'e'\ndown_revision = None"),
    ):
        (tmp_path / branch).mkdir(exist_ok=True)
        (tmp_path / branch / f"{name}.py").write_text(text)
    assert heads(tmp_path) == {"d", "e"}


def test_every_process_has_a_port_of_its_own() -> None:
    topology = Topology(100)
    ports = [process.port for process in topology.processes()] + [topology.postgres_port, topology.valkey_port]
    assert len(set(ports)) == 2 * len(SERVICES) + 3
    assert min(ports) > 5001


def test_an_unknown_log_names_those_that_exist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local.logs.LOGS", tmp_path)
    (tmp_path / "users-api.log").write_text("hello\n")
    assert [path.stem for path in log_files("users")] == ["users-api"]
    with pytest.raises(LocalError, match="There are: users-api"):
        log_files("nobody")


def test_the_help_page_lists_every_command() -> None:
    page = subprocess.run([sys.executable, "-m", "local", "--help"], capture_output=True, text=True, check=True).stdout
    for command in (
        *("start", "status", "logs", "test", "migrate", "revision", "sandbox", "reset", "python", "openapi"),
        *("lint", "lock", "install-hooks"),
    ):
        assert f" {command} " in page
