"""The migrations build what the models say."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from shared.database import Database
from users.base import Base

CAPABILITIES = (
    "accounts",
    "anonymization",
    "deposits",
    "features",
    "identity",
    "notices",
    "permissions",
    "replicas",
    "sessions",
    "sso",
    "subscription",
    "tasks",
    "tokens",
)


async def test_models_and_migrations_agree(database: Database) -> None:
    for name in CAPABILITIES:
        import_module(f"users.{name}.models")

    def differences(connection: Connection) -> list[Any]:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": False})
        return compare_metadata(context, Base.metadata)

    async with database.engine.connect() as connection:
        found = await connection.run_sync(differences)
    # Alembic's own table is nobody's model; other capabilities' tables are theirs to compare.
    assert [change for change in found if change[0] not in ("remove_table", "remove_index")] == []
