"""The jobs that cron runs: each is written down, and `./pc jobs` runs what is due, once."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from local import jobs
from local.paths import ROOT
from shared.commands import ScheduledRun
from shared.schedules import daily, every

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def job(name: str, last_start: datetime | None = None, *, arguments: tuple[str, ...] = ()) -> jobs.Job:
    return jobs.Job("users", ScheduledRun(name, arguments, daily("05:00"), True), last_start)


def test_every_scheduled_job_is_in_the_book() -> None:
    book = (ROOT / "docs" / "operations.md").read_text()
    for known in jobs.known_jobs():
        assert f"`{known.run.job}" in book, known.name


def test_what_is_chosen() -> None:
    never, today = job("never"), job("today", NOW - timedelta(hours=1))
    yesterday = job("yesterday", NOW - timedelta(days=1))
    known = [never, today, yesterday]
    assert jobs.chosen(known, [], NOW, every=False) == [never, yesterday]
    assert jobs.chosen(known, [], NOW, every=True) == known
    assert jobs.chosen(known, ["today"], NOW, every=False) == [today]
    assert jobs.chosen(known, ["users"], NOW, every=False) == known
    assert jobs.chosen(known, ["offers"], NOW, every=False) == []


def test_a_run_is_remembered_and_a_failure_is_due_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    marker = tmp_path / "var" / "jobs.json"
    answers = {
        "good": (0, '{"event": "job.start"}\n{"event": "job.end", "status": "done", "counts": {"mailed": 2}}', ""),
        "bad": (1, '{"event": "job.end", "status": "failed"}', "Traceback"),
        "busy": (0, '{"event": "job.end", "status": "locked", "counts": {}}', ""),
        "resting": (0, '{"event": "job.end", "status": "disabled", "counts": {}}', ""),
        "broken": (2, "No such command", ""),
    }
    asked: list[list[str]] = []

    def capture(command: list[str], _environment: object) -> tuple[int, str, str]:
        asked.append(command[2:])
        return answers[command[3]]

    monkeypatch.setattr(jobs, "capture", capture)
    told: list[jobs.Outcome] = []
    made = [job(name, arguments=("--category", "pro")) for name in answers]
    jobs.run_jobs(made, {}, told.append, marker=marker)
    assert [(item.status, dict(item.counts)) for item in told] == [
        ("done", {"mailed": 2}),
        ("failed", {}),
        ("locked", {}),
        ("disabled", {}),
        ("failed", {}),
    ]
    assert asked[0] == ["users", "good", "--category", "pro"]
    assert "Traceback" in told[1].errors
    remembered = marker.read_text()
    assert "users good --category pro" in remembered
    assert "bad" not in remembered
    assert "busy" not in remembered
    assert "resting" not in remembered
    jobs.run_jobs(made[:1], {}, told.append, dry_run=True, marker=marker)
    assert asked[-1] == ["users", "good", "--category", "pro", "--dry-run"]
    assert marker.read_text() == remembered


def test_a_job_of_every_few_minutes_is_due_again_soon() -> None:
    run = ScheduledRun("often", (), every(minutes=5))
    assert not jobs.Job("users", run, NOW).is_due(NOW + timedelta(minutes=4))
    assert jobs.Job("users", run, NOW).is_due(NOW + timedelta(minutes=5))
