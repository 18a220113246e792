"""Tests that share something dear stay together: a group is run by one worker."""

import subprocess
import sys

_TESTS = """
import pytest

pytestmark = pytest.mark.xdist_group("dear")

@pytest.mark.parametrize("number", range(8))
def test_it(number):
    pass
"""


def test_a_group_is_run_by_one_worker(tmp_path):
    for name in ("a", "b"):
        (tmp_path / f"test_{name}.py").write_text(_TESTS)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    ran = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "pytest", "-v", "-n2", "--dist=loadgroup", "-p", "no:passculture", str(tmp_path)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout
    workers = {line.split("]")[0] for line in ran.stdout.splitlines() if line.startswith("[gw") and "PASSED" in line}
    assert len(workers) == 1, "pytest and pytest-xdist disagree about groups: platforms are started twice"
