"""The jobs as cron runs them: their own process settings, lock, options."""

from __future__ import annotations

import psycopg
import pytest
from typer.testing import CliRunner

from shared.database.locks import lock_key
from shared.testing.databases import TestDatabase
from users.anonymization.rules import Category
from users.commands import cli

JOBS = (
    ("notify-before-deletion",),
    ("delete-suspended-accounts",),
    ("delete-old-devices",),
    ("delete-expired-sessions",),
    ("export-survey-answers",),
    ("recredit-users",),
    ("notify-newly-eligible-users",),
    ("remind-subscriptions",),
    ("refresh-ubble-identifications",),
    ("archive-id-pictures",),
    *(("anonymize-inactive-users", "--category", category.value) for category in Category),
)


@pytest.fixture
def runner(test_database: TestDatabase, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setenv("DATABASE_URL_USERS", test_database.url)
    monkeypatch.setenv("ENVIRONMENT", "test")
    return CliRunner()


@pytest.mark.parametrize("arguments", JOBS, ids=" ".join)
@pytest.mark.parametrize("dry", [(), ("--dry-run",)], ids=["real", "dry"])
def test_every_job_runs_on_an_empty_database(
    runner: CliRunner, arguments: tuple[str, ...], dry: tuple[str, ...]
) -> None:
    result = runner.invoke(cli, [*arguments, *dry])
    assert result.exit_code == 0, result.output


def test_a_second_run_at_once_leaves(
    runner: CliRunner, test_database: TestDatabase, capsys: pytest.CaptureFixture[str]
) -> None:
    with psycopg.connect(test_database.url) as other:
        other.execute("SELECT pg_advisory_xact_lock(%s)", (lock_key("job.delete-suspended-accounts"),))
        result = runner.invoke(cli, ["delete-suspended-accounts"])
    assert result.exit_code == 0
    assert "locked" in result.output + capsys.readouterr().out


def test_a_domain_is_blocked_and_let_in_again(runner: CliRunner, test_database: TestDatabase) -> None:
    for blocked, count in (("true", 1), ("false", 0)):
        assert runner.invoke(cli, ["block-email-domain", "Jetable.example.com", blocked]).exit_code == 0
        with psycopg.connect(test_database.url) as connection:
            rows = connection.execute("SELECT domain FROM blocked_email_domain").fetchall()
        assert len(rows) == count


def test_an_unknown_category_is_refused(runner: CliRunner) -> None:
    assert runner.invoke(cli, ["anonymize-inactive-users", "--category", "everybody"]).exit_code == 2
