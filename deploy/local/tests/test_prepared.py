"""The prepared cluster: made once for a state of the checkout, made again for another, never half."""

from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from local.errors import LocalError
from local.postgres import Postgres
from local.prepared import Prepared


class Checkout:
    """A checkout of one migration, and how often it was run."""

    def __init__(self, root: Path, cache: Path) -> None:
        self.revision = root / "services" / "users" / "migrations" / "pre" / "first.py"
        self.revision.parent.mkdir(parents=True)
        self.revision.write_text("kept")
        self.runs = 0
        self.fails = False
        self.cache = cache
        self.prepared = Prepared(self._migrate, root=root, cache=cache)

    def _migrate(self, server: Postgres) -> None:
        self.runs += 1
        with psycopg.connect(server.url("users", "users")) as connection:
            connection.execute(f"CREATE TABLE {self.revision.read_text()} (n int)".encode())
        if self.fails:
            raise LocalError("a migration failed")


@pytest.fixture
def checkout(tmp_path: Path) -> Iterator[Checkout]:
    made = Checkout(tmp_path / "checkout", tmp_path / "prepared")
    yield made
    for model in made.cache.glob("*/postgres"):
        Postgres(model).destroy()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Callable[[str], Postgres]]:
    made: list[Postgres] = []

    def named(name: str) -> Postgres:
        made.append(Postgres(tmp_path / name, settings={"fsync": "off"}))
        return made[-1]

    yield named
    for each in made:
        each.destroy()


def tables(server: Postgres) -> list[str]:
    with psycopg.connect(server.url("users", "users")) as connection:
        rows = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1").fetchall()
    return [name for (name,) in rows]


def test_it_is_made_once_for_a_state_and_copies_are_strangers(
    checkout: Checkout, server: Callable[[str], Postgres]
) -> None:
    one, other, third = server("one"), server("other"), server("third")
    checkout.prepared.put_if_made(one.directory)
    assert not one.directory.exists()
    checkout.prepared.put(one.directory)
    checkout.prepared.put_if_made(other.directory)
    with one, other:
        with psycopg.connect(one.url("users", "users"), autocommit=True) as connection:
            connection.execute("CREATE TABLE own (n int)")
        assert (tables(one), tables(other), checkout.runs) == (["kept", "own"], ["kept"], 1)
    # What is there already stays.
    checkout.prepared.put(one.directory)
    with one:
        assert tables(one) == ["kept", "own"]

    checkout.revision.write_text("changed")
    checkout.prepared.put_if_made(third.directory)
    assert not third.directory.exists()
    checkout.prepared.put(third.directory)
    with third:
        assert (tables(third), checkout.runs) == (["changed"], 2)
    assert len(list(checkout.cache.glob("*/complete"))) == len(list(checkout.cache.glob("*/"))) == 1


def test_half_of_one_is_never_used(checkout: Checkout, server: Callable[[str], Postgres]) -> None:
    one = server("one")
    checkout.fails = True
    with pytest.raises(LocalError, match="a migration failed"):
        checkout.prepared.put(one.directory)
    checkout.prepared.put_if_made(one.directory)
    assert not one.directory.exists()
    checkout.fails = False
    # As a copy that was interrupted leaves it.
    (one.directory / "data.unfinished").mkdir(parents=True)
    checkout.prepared.put(one.directory)
    with one:
        assert (tables(one), checkout.runs) == (["kept"], 2)
