"""Which migrations a database lacks, seen without alembic and without loading a service: an API asks at every start, and
alembic would stay in its memory.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg


@dataclass(frozen=True, slots=True)
class Revision:
    """A file of `migrations/<branch>/`: its name, and those that come before it."""

    name: str
    follows: tuple[str, ...]
    branch: str


def written(folder: Path) -> dict[str, Revision]:
    """The revisions below `migrations/`, by name."""
    found = {}
    for path in sorted(folder.glob("*/*.py")):
        values = dict(_assignments(path))
        name, follows = values.get("revision"), values.get("down_revision")
        if isinstance(name, str):
            before = (follows,) if isinstance(follows, str) else tuple(follows or ())
            found[name] = Revision(name, before, path.parent.name)
    return found


def heads(folder: Path) -> set[str]:
    """The revisions below `migrations/` that no other revision follows."""
    revisions = written(folder)
    return set(revisions) - {name for revision in revisions.values() for name in revision.follows}


def pending(folder: Path, database_url: str, branch: str = "pre") -> list[str]:
    """Revisions of a branch that the database lacks, those that others follow first.

    A database with a revision that is not written here was migrated by a newer release, beside which this one still
    serves: it lacks nothing.
    """
    revisions = written(folder)
    applied: set[str] = set()
    unseen = _current(database_url)
    if not revisions.keys() >= set(unseen):
        return []
    while unseen:
        name = unseen.pop()
        if name not in applied:
            applied.add(name)
            unseen.extend(revisions[name].follows)
    late = [revision for revision in revisions.values() if revision.branch == branch and revision.name not in applied]
    return _in_order(late)


def _in_order(late: list[Revision]) -> list[str]:
    ordered: list[str] = []
    while late:
        names = {revision.name for revision in late}
        ready = [revision for revision in late if names.isdisjoint(revision.follows)]
        if not ready:
            raise ValueError(f"these migrations follow one another in a circle: {', '.join(sorted(names))}")
        ordered += [revision.name for revision in ready]
        late = [revision for revision in late if revision not in ready]
    return ordered


def _current(database_url: str) -> list[str]:
    """What alembic noted in the database; nothing before the first migration."""
    url = re.sub(r"^postgresql\+\w+:", "postgresql:", database_url)
    with psycopg.connect(url, connect_timeout=5) as connection:
        row = connection.execute("SELECT to_regclass('alembic_version') IS NOT NULL").fetchone()
        if row is None or not row[0]:
            return []
        return [name for (name,) in connection.execute("SELECT version_num FROM alembic_version")]


def _assignments(path: Path) -> Iterator[tuple[str, str | tuple[str, ...] | None]]:
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        target = node.target if isinstance(node, ast.AnnAssign) else None
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            target = node.targets[0]
        if not isinstance(target, ast.Name) or target.id not in ("revision", "down_revision"):
            continue
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
            yield target.id, ast.literal_eval(node.value)
