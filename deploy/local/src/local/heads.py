"""Whether a database has every migration, seen without starting the service: it saves a warm start some seconds."""

import ast
from collections.abc import Iterator
from pathlib import Path

import psycopg

from local.paths import ROOT


def is_current(service: str, database_url: str) -> bool:
    """Whether the database is at the heads of the service's migrations; False when in doubt."""
    written = heads(ROOT / "services" / service / "migrations")
    try:
        with psycopg.connect(database_url, connect_timeout=5) as connection:
            rows = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    except psycopg.Error:
        return False
    return bool(written) and {row[0] for row in rows} == written


def heads(folder: Path) -> set[str]:
    """The revisions below a folder that no other revision follows."""
    revisions: set[str] = set()
    followed: set[str] = set()
    for path in folder.glob("*/*.py"):
        for name, value in _assignments(path):
            if name == "revision" and isinstance(value, str):
                revisions.add(value)
            elif name == "down_revision" and value:
                followed.update([value] if isinstance(value, str) else value)
    return revisions - followed


def _assignments(path: Path) -> Iterator[tuple[str, str | tuple[str, ...] | None]]:
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        target = node.target if isinstance(node, ast.AnnAssign) else None
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            target = node.targets[0]
        if not isinstance(target, ast.Name) or target.id not in ("revision", "down_revision"):
            continue
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
            yield target.id, ast.literal_eval(node.value)
