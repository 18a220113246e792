"""Migrations: two alembic branches a service, `pre` (before the new code is live) and `post` (after it).

`migrations/env.py` of a service calls `run_environment(Base.metadata)`; people call `./pc migrate` and `./pc revision`.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, Literal

import structlog
from alembic import command, context
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, create_engine, make_url, text
from sqlalchemy.exc import OperationalError

from shared.database.locks import lock_key

log = structlog.get_logger(__name__)

Branch = Literal["pre", "post"]
BRANCHES: tuple[Branch, ...] = ("pre", "post")
LOCK_TIMEOUT_MS = 5_000
STATEMENT_TIMEOUT_MS = 60_000
ATTEMPTS = 30
PAUSE_SECONDS = 2.0

# The relay sleeps until told of new rows. The trigger belongs to the mechanics, not to a service's own history.
_NOTIFY = """
DO $install$
BEGIN
    IF to_regclass('outbox') IS NULL THEN
        RETURN;
    END IF;
    IF NOT EXISTS (SELECT 1 FROM pg_trigger WHERE tgname = 'outbox_notify' AND tgrelid = to_regclass('outbox')) THEN
        CREATE OR REPLACE FUNCTION outbox_notify() RETURNS trigger LANGUAGE plpgsql AS
            'BEGIN PERFORM pg_notify(''outbox'', ''''); RETURN NULL; END';
        CREATE TRIGGER outbox_notify AFTER INSERT ON outbox FOR EACH STATEMENT EXECUTE FUNCTION outbox_notify();
    END IF;
END
$install$
"""


def configuration(folder: Path, database_url: str) -> Config:
    """The alembic configuration of the service whose `migrations/` is in `folder`."""
    config = Config()
    config.set_main_option("script_location", str(folder / "migrations"))
    config.set_main_option("version_locations", " ".join(str(folder / "migrations" / branch) for branch in BRANCHES))
    config.set_main_option("path_separator", "space")
    config.set_main_option("file_template", "%%(year)d%%(month).2d%%(day).2d_%%(rev)s_%%(slug)s")
    config.attributes["database_url"] = make_url(database_url).set(drivername="postgresql+psycopg")
    return config


def upgrade(folder: Path, database_url: str, branches: tuple[Branch, ...] = BRANCHES) -> None:
    """Bring the branches to their heads; waits and tries again while locks are held by live traffic."""
    config = configuration(folder, database_url)
    known = {
        label for revision in ScriptDirectory.from_config(config).walk_revisions() for label in revision.branch_labels
    }
    for branch in branches:
        if branch not in known:
            continue
        for attempt in range(1, ATTEMPTS + 1):
            try:
                command.upgrade(config, f"{branch}@head")
                break
            except OperationalError as error:
                if attempt == ATTEMPTS:
                    raise
                log.warning("migrations.waiting", branch=branch, attempt=attempt, error=type(error.orig).__name__)
                time.sleep(PAUSE_SECONDS)


def revision(folder: Path, database_url: str, message: str, branch: Branch, *, autogenerate: bool = True) -> None:
    """Write a new revision on a branch, by comparing the models with the database, which must be up to date."""
    config = configuration(folder, database_url)
    script = ScriptDirectory.from_config(config)
    known = {label for item in script.walk_revisions() for label in item.branch_labels}
    first = branch not in known
    command.revision(
        config,
        message,
        autogenerate=autogenerate,
        head="base" if first else f"{branch}@head",
        branch_label=branch if first else None,
        version_path=str(folder / "migrations" / branch),
        splice=first,
    )


def _include(_object: Any, _name: str | None, kind: str, reflected: bool, compare_to: Any) -> bool:
    """Never propose to drop a table: a vanished model is a decision for people."""
    return not (kind == "table" and reflected and compare_to is None)


def run_environment(metadata: MetaData) -> None:
    """What `migrations/env.py` does: each migration in a transaction, with bounded waits, one migrator at a time."""
    config = context.config
    url = config.attributes["database_url"]
    if context.is_offline_mode():
        context.configure(url=url, target_metadata=metadata, literal_binds=True, dialect_opts={"paramstyle": "named"})
        with context.begin_transaction():
            context.run_migrations()
        return
    engine = create_engine(
        url,
        connect_args={
            "options": f"-c lock_timeout={LOCK_TIMEOUT_MS} -c statement_timeout={STATEMENT_TIMEOUT_MS} -c timezone=UTC"
        },
    )
    try:
        with engine.connect() as connection:
            connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": lock_key("migrations")})
            connection.commit()
            context.configure(
                connection=connection,
                target_metadata=metadata,
                include_object=_include,
                transaction_per_migration=True,
                compare_type=True,
            )
            with context.begin_transaction():
                context.run_migrations()
            connection.commit()
            connection.execute(text(_NOTIFY))
            connection.commit()
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": lock_key("migrations")})
            connection.commit()
    finally:
        engine.dispose()
