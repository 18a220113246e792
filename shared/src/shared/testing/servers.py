"""PostgreSQL and Valkey for a test session: embedded ones, or those that the environment names.

TEST_DATABASE_URL (a superuser's) and TEST_REDIS_URL replace the embedded servers.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "300"}


@dataclass(frozen=True)
class Addresses:
    """`database_url` connects as a superuser to the maintenance database; `redis_url` has no database number."""

    database_url: str
    redis_url: str


@dataclass
class Servers:
    """Starts at most once a process; `stop` ends what was started."""

    _stack: ExitStack = field(default_factory=ExitStack)
    _addresses: Addresses | None = None

    def addresses(self) -> Addresses:
        if self._addresses is None:
            self._addresses = self._start()
        return self._addresses

    def given(self, addresses: Addresses) -> None:
        """Use what another process started."""
        self._addresses = addresses

    def stop(self) -> None:
        self._stack.close()

    def _start(self) -> Addresses:
        database_url = os.environ.get("TEST_DATABASE_URL")
        redis_url = os.environ.get("TEST_REDIS_URL")
        directory = Path(tempfile.mkdtemp(prefix="pc-test-"))
        self._stack.callback(shutil.rmtree, directory, ignore_errors=True)
        if database_url is None:
            from local.postgres import Postgres

            postgres = Postgres(directory / "postgres", settings=FAST)
            self._stack.callback(postgres.destroy)
            self._stack.enter_context(postgres)
            database_url = postgres.url()
        if redis_url is None:
            from local.valkey import Valkey

            valkey = self._stack.enter_context(Valkey(directory / "valkey"))
            redis_url = valkey.url
        return Addresses(database_url, redis_url.rstrip("/").removesuffix("/0"))
