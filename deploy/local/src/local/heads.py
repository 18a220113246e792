"""Whether a database has every migration, seen without starting the service: it saves a warm start some seconds."""

import ast

import psycopg

from local.paths import ROOT
from shared.revisions import heads


def is_current(service: str, database_url: str) -> bool:
    """Whether the database is at the heads of the service's migrations and has its feature flags; False when in doubt."""
    written, flags = heads(ROOT / "services" / service / "migrations"), declared_flags(service)
    try:
        with psycopg.connect(database_url, connect_timeout=5) as connection:
            rows = connection.execute("SELECT version_num FROM alembic_version").fetchall()
            known = connection.execute("SELECT name FROM feature").fetchall() if flags else []
    except psycopg.Error:
        return False
    return bool(written) and {row[0] for row in rows} == written and {row[0] for row in known} == flags


def declared_flags(service: str) -> set[str]:
    """The names of the feature flags that a service declares, as its file says."""
    package = ROOT / "services" / service / "src" / service
    places = (package / "features.py", package / "features" / "declared.py")
    found = next((path for path in places if path.is_file()), None)
    if found is None:
        return set()
    return {
        target.id
        for made in ast.walk(ast.parse(found.read_text(encoding="utf-8")))
        if isinstance(made, ast.ClassDef) and made.name == "Flag"
        for line in made.body
        if isinstance(line, ast.Assign)
        for target in line.targets
        if isinstance(target, ast.Name)
    }


__all__ = ["declared_flags", "heads", "is_current"]
