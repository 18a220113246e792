"""Running benches one after the other on a platform of their own."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from local.bench import machine, meter
from local.bench.figures import Figure, Outcome, Skipped
from local.bench.load import wrk
from local.bench.registry import Bench
from local.bench.stage import Cpus, Stage
from local.console import step
from local.errors import LocalError
from local.libraries import check_libraries
from local.paths import VAR
from local.platform import Platform
from local.postgres import Postgres
from local.topology import SERVICES, Topology
from local.trial import prepare

DIRECTORY = VAR / "bench"
#: As in production, but for two things: callers' addresses are the load's to choose, and no request is traced.
ENVIRONMENT = {"LOG_FORMAT": "json", "TRUSTED_PROXIES": "1", "TRACE_DIRECTORY": "", "TRACE_ENDPOINT": ""}
#: Durable as by default. Commit times are kept to know when an effect was there; checkpoints do not fall into a load.
POSTGRES_SETTINGS = {
    "track_commit_timestamp": "on",
    "shared_buffers": "1GB",
    "max_wal_size": "16GB",
    "checkpoint_timeout": "1h",
    "maintenance_work_mem": "1GB",
}


@contextmanager
def staged(
    *, seconds: float = 5.0, tiny: bool = False, cpus: Cpus | None = None, directory: Path = DIRECTORY
) -> Iterator[Stage]:
    """A platform with the tiny sandbox, on ports and data of its own that are removed at the end."""
    cpus = cpus or Cpus()
    shutil.rmtree(directory, ignore_errors=True)
    platform = Platform(Topology.on_free_ports(directory), environment=ENVIRONMENT)
    platform.servers.postgres_settings = POSTGRES_SETTINGS
    if len(platform.servers.embedded_databases) < len(SERVICES) or not platform.servers.needs_valkey:
        raise LocalError(
            "Benches fill the databases with made-up rows: they run on servers of their own. Unset DATABASE_URL_… and "
            "REDIS_URL first."
        )
    try:
        with step("Starting a platform to measure"), cpus.for_servers():
            prepare(platform)
            platform.start_servers()
            platform.migrate()
            platform.start_processes()
            platform.wait_ready()
            platform.sandbox("tiny")
        yield Stage(platform, seconds, tiny, cpus)
    finally:
        platform.stop()
        Postgres(directory / "postgres").destroy()
        shutil.rmtree(directory, ignore_errors=True)


def run(
    benches: Sequence[Bench], *, seconds: float, tiny: bool = False, cpus: Cpus | None = None
) -> tuple[dict[str, str], list[Outcome]]:
    """The machine, and the outcome of each bench. One that fails does not keep the others from being run."""
    meter.check_proc()
    wrk()
    check_libraries()
    with staged(seconds=seconds, tiny=tiny, cpus=cpus) as stage:
        described = machine.described(stage)
        outcomes = []
        for bench in benches:
            with step(f"{bench.name}: {bench.title}"):
                outcomes.append(_outcome(bench, stage))
    return described, outcomes


def _outcome(bench: Bench, stage: Stage) -> Outcome:
    started = time.monotonic()
    figures: list[Figure] = []
    skipped = failed = ""
    try:
        figures.extend(bench.measure(stage))
        stage.platform.check()
    except Skipped as reason:
        skipped = str(reason)
    except (LocalError, OSError) as error:
        failed = str(error)
    return Outcome(bench.name, bench.title, time.monotonic() - started, tuple(figures), skipped, failed)
