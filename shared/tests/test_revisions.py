"""What a database lacks, read from the files of migrations."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from shared.commands import service_folder
from shared.revisions import heads, pending, written
from shared.testing.databases import TestDatabase


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for branch, name, follows in (
        ("pre", "a", None),
        ("post", "p", "a"),
        ("pre", "c", "b"),
        ("pre", "b", "a"),
    ):
        (tmp_path / branch).mkdir(exist_ok=True)
        (tmp_path / branch / f"{name}.py").write_text(f"revision: str = {name!r}\ndown_revision = {follows!r}\n")
    return tmp_path


def at(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    monkeypatch.setattr("shared.revisions._current", lambda _: list(names))


def test_pending_are_those_that_were_not_applied_in_their_order(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert heads(folder) == {"c", "p"}
    at(monkeypatch)
    assert pending(folder, "") == ["a", "b", "c"]
    assert pending(folder, "", "post") == ["p"]
    at(monkeypatch, "b", "p")
    assert pending(folder, "") == ["c"]
    at(monkeypatch, "c", "p")
    assert pending(folder, "") == []


def test_a_database_of_a_newer_release_lacks_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at(monkeypatch, "of tomorrow", "p")
    assert pending(folder, "") == []


def test_alembic_and_we_agree_on_a_real_database(test_database: TestDatabase) -> None:
    migrations = service_folder("sample") / "migrations"
    assert written(migrations)
    assert pending(migrations, test_database.superuser_url) == []
    with psycopg.connect(test_database.superuser_url) as connection:
        connection.execute("DELETE FROM alembic_version")
        connection.commit()
        try:
            assert sorted(pending(migrations, test_database.superuser_url)) == sorted(written(migrations))
        finally:
            connection.execute("INSERT INTO alembic_version SELECT unnest(%s::text[])", [list(heads(migrations))])
    assert pending(migrations, test_database.superuser_url.replace("postgresql:", "postgresql+psycopg:")) == []
