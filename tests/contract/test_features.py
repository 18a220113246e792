"""Feature flags of every service: the command on a real database, what it tells, and jobs that rest."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

import psycopg
import pytest
from click.testing import Result
from psycopg.rows import dict_row
from typer.testing import CliRunner

from local.heads import declared_flags, is_current
from shared.commands import schedule_of
from shared.events.features import feature_id
from shared.features import Flags
from shared.testing.databases import TestDatabase, prepare
from shared.testing.servers import Addresses

CONTEXTS = ("users", "offers", "bookings", "documents")
# Checks and what the law asks for go on whatever is switched off.
RESTLESS = {("users", "take-back-facts"), ("bookings", "take-back-facts"), ("bookings", "audit")}
Run = Callable[..., Result]


@pytest.fixture(params=CONTEXTS)
def context(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def own(servers: Addresses, context: str, worker_name: str) -> Iterator[TestDatabase]:
    made = prepare(servers.database_url, context, worker_name)
    yield made
    made.empty()


@pytest.fixture
def run(own: TestDatabase, context: str, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv(f"DATABASE_URL_{context.upper()}", own.url)
    monkeypatch.setenv("REDIS_URL", redis_url)
    monkeypatch.setenv("ENVIRONMENT", "test")
    cli = import_module(f"{context}.commands").cli
    return lambda *words: CliRunner().invoke(cli, words)


@pytest.fixture
def flags(context: str) -> Flags[Any]:
    return import_module(f"{context}.features").flags


def told(own: TestDatabase, fact: str) -> list[dict[str, Any]]:
    with psycopg.connect(own.url, row_factory=dict_row) as connection:
        return connection.execute(
            "SELECT stream, state FROM outbox WHERE name = %s ORDER BY id", (f"feature.{fact}",)
        ).fetchall()


def test_a_flag_is_turned_off_and_on_again(own: TestDatabase, run: Run, context: str, flags: Flags[Any]) -> None:
    flag = flags.declared["ENABLE_ALL_CRON"]
    off = run("feature", "off", flag.name, "--reason", "panne")
    assert (off.exit_code, off.output) == (0, "ENABLE_ALL_CRON is off\n")
    again = run("feature", "off", flag.name)
    assert (again.exit_code, again.output) == (0, "ENABLE_ALL_CRON was off already: nothing changed\n")
    listed = {line.split()[0]: line for line in run("feature", "list").output.splitlines()}
    assert listed.keys() == set(flags.declared.__members__)
    assert " off * " in listed[flag.name]
    assert "panne" in listed[flag.name]
    assert run("feature", "on", flag.name).output == "ENABLE_ALL_CRON is on\n"
    state = {
        "id": feature_id(context, flag.name),
        "name": flag.name,
        "description": flag.declared.french,
        "portal": flag.declared.portal,
    }
    assert told(own, "changed") == [
        {"stream": f"{context}.feature", "state": {**state, "is_active": active}} for active in (False, True)
    ]
    assert run("replay", "feature").exit_code == 0
    assert len(told(own, "replayed")) == len(flags.declared)


def test_an_unknown_flag_is_refused_with_those_that_are(own: TestDatabase, run: Run, flags: Flags[Any]) -> None:
    refused = run("feature", "off", "ENABLE_NOTHING")
    assert refused.exit_code == 2
    words = "".join(refused.output.split()).replace("│", "")
    assert all(name in words for name in flags.declared.__members__)
    assert told(own, "changed") == []


def test_both_processes_follow(own: TestDatabase, context: str, redis_url: str, flags: Flags[Any]) -> None:
    settings = import_module(f"{context}.settings").Settings(
        environment="test", database_url=own.url, redis_url=redis_url
    )
    app = import_module(f"{context}.app").create_app(settings)
    assert flags in app.state.follower.memories
    assert flags in import_module(f"{context}.worker").create_worker(settings).follows


def test_jobs_rest_while_they_are_off(
    own: TestDatabase, run: Run, context: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run("feature", "off", "ENABLE_ALL_CRON")
    jobs = [job for job in schedule_of(context) if (context, job.job) not in RESTLESS]
    assert jobs
    for job in jobs:
        capsys.readouterr()
        ended = run(job.job, *job.arguments)
        assert ended.exit_code == 0, (job.job, ended.output)
        assert _status(ended.output + capsys.readouterr().out) == "disabled", job.job


@pytest.mark.parametrize(
    ("context", "job", "flag"),
    [
        ("bookings", "use-past-bookings", "UPDATE_BOOKING_USED"),
        ("offers", "search-upkeep", "ENABLE_RECURRENT_CRON"),
    ],
)
def test_a_job_with_a_switch_of_its_own(
    own: TestDatabase, run: Run, job: str, flag: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def status() -> str:
        capsys.readouterr()
        ended = run(job)
        assert ended.exit_code == 0, ended.output
        return _status(ended.output + capsys.readouterr().out)

    assert status() == "done"
    run("feature", "off", flag)
    assert status() == "disabled"


def _status(lines: str) -> str:
    ends = [line for line in lines.splitlines() if '"job.end"' in line]
    return json.loads(ends[-1])["status"]


def test_no_two_flags_of_the_house_share_an_identifier() -> None:
    pairs = [(context, name) for context in CONTEXTS for name in _declared(context)]
    assert len({feature_id(*pair) for pair in pairs}) == len(pairs)


@pytest.mark.parametrize("context", CONTEXTS)
def test_flags_are_described_in_both_languages(context: str) -> None:
    for name, flag in _declared(context).items():
        assert flag.declared.english.strip(), name
        assert flag.declared.french.strip() != flag.declared.english.strip(), name


def test_a_local_start_sees_what_is_declared_and_brings_it_about(context: str, own: TestDatabase) -> None:
    """A new flag needs no migration; `./pc start` runs `migrate`, which installs it, for what is not current."""
    assert declared_flags(context) == set(_declared(context))
    assert not is_current(context, own.url)
    with psycopg.connect(own.url) as connection:
        for name in _declared(context):
            connection.execute("INSERT INTO feature (name, description, is_active) VALUES (%s, '', true)", (name,))
    assert is_current(context, own.url)


def _declared(context: str) -> dict[str, Any]:
    return dict(import_module(f"{context}.features").flags.declared.__members__)
