"""`./pc bench` with as little as can be: every bench measures what it says, and leaves the platform's laws true."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.bench import machine, meter, report
from local.bench.figures import Figure, Outcome, Target, number
from local.bench.registry import BENCHES, Bench, chosen
from local.bench.running import staged
from local.bench.stage import Cpus, Stage
from local.errors import LocalError
from local.paths import ROOT

needs_wrk = pytest.mark.skipif(shutil.which("wrk") is None, reason="wrk is not installed: benches cannot be tried")


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with staged(seconds=1, tiny=True, directory=tmp_path_factory.mktemp("bench")) as made:
        yield made


@needs_wrk
@pytest.mark.journey
@pytest.mark.xdist_group("bench")
@pytest.mark.parametrize("bench", BENCHES, ids=[bench.name for bench in BENCHES])
def test_every_bench_runs(bench: Bench, stage: Stage) -> None:
    figures = list(bench.measure(stage))
    assert figures
    assert all(figure.value > 0 or "skipped" in figure.note or figure.unit == "%" for figure in figures), figures
    stage.platform.check()


@needs_wrk
@pytest.mark.journey
@pytest.mark.xdist_group("bench")
def test_the_laws_hold_after_the_benches(stage: Stage) -> None:
    """Rows that benches made up, and what was done to them, keep every law of bookings."""
    environment = {**os.environ, "DATABASE_URL_BOOKINGS": stage.database_url("bookings")}
    audit = subprocess.run(
        [sys.executable, "-m", "bookings", "audit"], env=environment, capture_output=True, text=True, check=False
    )
    assert audit.returncode == 0, audit.stdout + audit.stderr
    assert machine.described(stage)["postgresql"]


def test_processor_time_is_that_of_the_process_and_its_children() -> None:
    with meter.measured({"us": os.getpid()}) as used:
        subprocess.run([sys.executable, "-c", "sum(range(10**7))"], check=True)
    assert used.of("us") > 0
    assert os.getpid() in meter.family(os.getppid())


def test_a_figure_is_told_with_its_target() -> None:
    met, missed = (
        Figure("a", 99.0, "µs", Target("<=", 100)),
        Figure("b", 1234.5, "/s", Target(">=", 2_000), waited=True),
    )
    text = report.markdown(
        {"machine": "one"}, [Outcome("x", "", 1.0, (met, missed)), Outcome("y", "", 1.0, skipped="why")]
    )
    assert "| x | a | 99 µs | <= 100 ✓ |  |" in text
    assert "| x | b | ~1 234 /s | >= 2 000 ✗ |  |" in text
    assert "| y | skipped: why | | | |" in text
    assert number(0.1234) == "0.12"


def test_figures_go_between_the_marks_of_the_page() -> None:
    page = (ROOT / "docs" / "performance.md").read_text()
    changed = report.rewritten(page, "| new |\n")
    assert "| new |" in changed
    assert report.rewritten(changed, "| new |\n") == changed
    assert changed.partition("<!-- bench -->")[0] == page.partition("<!-- bench -->")[0]
    with pytest.raises(LocalError, match="lacks the marks"):
        report.rewritten("a page", "")


def test_unknown_names_and_processors_are_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(LocalError, match="No bench is called nothing"):
        chosen(["nothing"])
    with pytest.raises(LocalError, match="--cpus takes numbers"):
        Cpus.parsed("one")
    with pytest.raises(LocalError, match="This machine lets us use"):
        Cpus.parsed("100000")


def test_wrk_is_asked_for_where_it_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from local.bench import load

    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LocalError, match="apt-get install wrk"):
        load.wrk()
