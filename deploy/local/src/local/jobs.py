"""The services' jobs on this machine: what cron does elsewhere, when asked."""

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from local.paths import VAR
from local.run import capture
from local.topology import SERVICES
from shared.commands import ScheduledRun, schedule_of

MARKER = VAR / "jobs.json"


@dataclass(frozen=True)
class Job:
    """A scheduled run of a service, and when it last began here."""

    service: str
    run: ScheduledRun
    last_start: datetime | None

    @property
    def name(self) -> str:
        """`users anonymize-inactive-users --category neither`: how it is remembered, and asked for."""
        return " ".join((self.service, self.run.job, *self.run.arguments))

    def is_due(self, now: datetime) -> bool:
        return self.run.schedule.is_due(now, self.last_start)


@dataclass(frozen=True)
class Outcome:
    """How a job ended: `done`, `locked`, `disabled` by a flag or `failed`, with its counts; `errors` of one that failed."""

    job: Job
    status: str
    counts: Mapping[str, int]
    errors: str = ""


def known_jobs(marker: Path = MARKER) -> list[Job]:
    """Every scheduled run of every service."""
    try:
        starts: dict[str, str] = json.loads(marker.read_text())
    except (OSError, ValueError):
        starts = {}
    jobs = []
    for service in SERVICES:
        for run in schedule_of(service):
            job = Job(service, run, None)
            began = starts.get(job.name)
            jobs.append(Job(service, run, datetime.fromisoformat(began) if began else None))
    return jobs


def chosen(jobs: list[Job], names: list[str], now: datetime, *, every: bool) -> list[Job]:
    """Those that are named (by service or job), else those that are due, or all."""
    if names:
        return [job for job in jobs if {job.service, job.run.job} & set(names)]
    return [job for job in jobs if every or job.is_due(now)]


def run_jobs(
    jobs: list[Job],
    environment: Mapping[str, str],
    tell: Callable[[Outcome], None],
    *,
    dry_run: bool = False,
    marker: Path = MARKER,
) -> list[Outcome]:
    """Run them one after the other. One that fails is due again; a dry run is no run, and leaves out who cannot."""
    outcomes = []
    for job in jobs:
        if dry_run and not job.run.counts_only:
            continue
        began = datetime.now(UTC)
        options = [*job.run.arguments, *(["--dry-run"] if dry_run else [])]
        command = [sys.executable, "-m", job.service, job.run.job, *options]
        status, output, errors = capture(command, {**environment, "LOG_FORMAT": "json"})
        outcome = _outcome(job, status, output + "\n" + errors)
        if outcome.status == "done" and not dry_run:
            _remember(job.name, began, marker)
        outcomes.append(outcome)
        tell(outcome)
    return outcomes


def _outcome(job: Job, status: int, printed: str) -> Outcome:
    for line in reversed(printed.splitlines()):
        try:
            said = json.loads(line)
        except ValueError:
            continue
        if isinstance(said, dict) and said.get("status") in ("done", "locked", "disabled", "failed"):
            errors = printed[-3_000:] if status else ""
            return Outcome(job, said["status"], said.get("counts") or {}, errors)
    return Outcome(job, "failed", {}, printed[-3_000:])


def _remember(name: str, began: datetime, marker: Path) -> None:
    try:
        starts = json.loads(marker.read_text())
    except (OSError, ValueError):
        starts = {}
    marker.parent.mkdir(parents=True, exist_ok=True)
    marker.write_text(json.dumps({**starts, name: began.isoformat()}, indent=1, sort_keys=True) + "\n")
