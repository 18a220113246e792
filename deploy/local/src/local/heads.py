"""Whether a database has every migration, seen without starting the service: it saves a warm start some seconds."""

import psycopg

from local.paths import ROOT
from shared.revisions import heads


def is_current(service: str, database_url: str) -> bool:
    """Whether the database is at the heads of the service's migrations; False when in doubt."""
    written = heads(ROOT / "services" / service / "migrations")
    try:
        with psycopg.connect(database_url, connect_timeout=5) as connection:
            rows = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    except psycopg.Error:
        return False
    return bool(written) and {row[0] for row in rows} == written


__all__ = ["heads", "is_current"]
