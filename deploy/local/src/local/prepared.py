"""A PostgreSQL cluster with the four databases migrated, made once for a state of the checkout and copied from then on.

`initdb` and the migrations take six seconds of CPU, a copy a third of one; the tests start several platforms. What the
cluster is made from is hashed into the name of its folder, so that one of another state is never used: it is removed.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from local.errors import LocalError
from local.paths import ROOT, VAR
from local.postgres import Postgres
from local.programs import find_programs
from local.topology import SERVICES

#: Code that migrations may call is part of it, not only they themselves.
_SOURCES = ("services/*/migrations", "services/*/src", "shared/src", "deploy/local/src")
#: Lost with the machine, and made again.
_FAST = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off", "max_wal_size": "64MB"}

Migrate = Callable[[Postgres], None]


def migrate_all(server: Postgres) -> None:
    """Both branches of every service, side by side."""
    children = {}
    for service in SERVICES:
        environment = {
            **os.environ,
            "ENVIRONMENT": "local",
            f"DATABASE_URL_{service.upper()}": server.url(service, service),
        }
        children[service] = subprocess.Popen(
            [sys.executable, "-m", service, "migrate"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=ROOT,
            env=environment,
        )
    printed = {service: child.communicate()[0] for service, child in children.items()}
    for service, child in children.items():
        if child.returncode != 0:
            raise LocalError(f"The migrations of {service} failed:\n{printed[service]}")


class Prepared:
    """The prepared cluster of the checkout at `root`, kept below `cache`. `migrate` brings its databases up to date."""

    def __init__(self, migrate: Migrate = migrate_all, *, root: Path = ROOT, cache: Path = VAR / "prepared") -> None:
        self._migrate = migrate
        self._root = root
        self._cache = cache

    def put(self, directory: Path) -> None:
        """Let `Postgres(directory)` begin with a copy, made first if need be; data that are there already are left alone.

        Call from the main thread: a server is started to make it. Raises LocalError in a sentence.
        """
        with self._alone():
            model = self._folder()
            if not (model / "complete").exists():
                self._make(model)
            Postgres(directory).copy(Postgres(model / "postgres"))

    def put_if_made(self, directory: Path) -> None:
        """The same where it is made already; else nothing."""
        if self._cache.exists():
            with self._alone():
                model = self._folder()
                if (model / "complete").exists():
                    Postgres(directory).copy(Postgres(model / "postgres"))

    def _folder(self) -> Path:
        digest = hashlib.sha256(f"{find_programs()} {os.geteuid()}".encode())
        files = (path for pattern in _SOURCES for place in self._root.glob(pattern) for path in place.rglob("*.py"))
        for path in sorted(files):
            digest.update(f"\n{path.relative_to(self._root)} ".encode() + hashlib.sha256(path.read_bytes()).digest())
        return self._cache / digest.hexdigest()[:16]

    def _make(self, model: Path) -> None:
        for old in self._cache.iterdir():
            if old.is_dir():
                Postgres(old / "postgres").destroy()
                shutil.rmtree(old)
        with Postgres(model / "postgres", settings=_FAST) as server:
            for service in SERVICES:
                server.create_database(service, service, service)
            self._migrate(server)
        (model / "complete").touch()

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Test processes side by side need it at the same moment; one makes it."""
        self._cache.mkdir(parents=True, exist_ok=True)
        with (self._cache / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
