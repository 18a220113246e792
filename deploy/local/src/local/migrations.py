"""Migrations of the services: applying them, writing new ones, and their SQL for the linter."""

import io
import sys
from pathlib import Path

from local.errors import LocalError
from local.paths import ROOT
from local.run import run
from local.servers import running_servers
from local.topology import SERVICES, Topology


def migrate(topology: Topology, services: list[str]) -> int:
    """Bring databases to the current schema, one service after the other."""
    with running_servers(topology) as environment:
        for service in services or list(SERVICES):
            status = run([sys.executable, "-m", service, "migrate"], environment)
            if status != 0:
                raise LocalError(f"The migrations of {service} failed; what it printed is above.")
    return 0


def revision(topology: Topology, service: str, message: str, branch: str, *, empty: bool) -> int:
    """Write a migration by comparing models and database (brought up to date first)."""
    with running_servers(topology) as environment:
        status = run([sys.executable, "-m", service, "migrate"], environment)
        if status != 0:
            raise LocalError(f"The migrations of {service} must run before a new one can be written.")
        options = ["--empty"] if empty else []
        command = [sys.executable, "-m", service, "revision", "-m", message, "--branch", branch, *options]
        return run(command, environment)


def offline_sql(service: str, branch: str) -> str:
    """What the migrations of one branch would run, as SQL; empty where the branch has none."""
    from alembic import command
    from alembic.script import ScriptDirectory

    from shared.database.migrations import configuration

    config = configuration(ROOT / "services" / service, f"postgresql://{service}@localhost/{service}")
    script = ScriptDirectory.from_config(config)
    known = {label for item in script.walk_revisions() for label in item.branch_labels}
    if branch not in known:
        return ""
    config.output_buffer = io.StringIO()
    command.upgrade(config, f"{branch}@head", sql=True)
    return config.output_buffer.getvalue()


def written_sql(folder: Path) -> list[Path]:
    """Write the SQL of every service and branch below `folder`; the files, for squawk."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for service in SERVICES:
        for branch in ("pre", "post"):
            sql = offline_sql(service, branch)
            if sql.strip():
                path = folder / f"{service}-{branch}.sql"
                path.write_text(sql)
                written.append(path)
    return written
