"""Cold starts, and the memory that the APIs have after the benches before."""

from __future__ import annotations

import time
from collections.abc import Iterator

from local.bench import meter
from local.bench.figures import Figure, Target
from local.bench.stage import GATEWAY, Stage
from local.embedded import free_port
from local.topology import SERVICES

_ATTEMPTS = 2


def measure(stage: Stage) -> Iterator[Figure]:
    for name, pid in stage.pids().items():
        if name.endswith("-api") or name == GATEWAY:
            yield Figure(
                f"{name}: memory", meter.resident_megabytes(pid), "MB", Target("<", 150), note="after the load"
            )
    for service in SERVICES:
        yield from _start(stage, f"{service}-api", "API_PORT")
    yield from _start(stage, GATEWAY, "GATEWAY_PORT")


def _start(stage: Stage, name: str, port: str) -> Iterator[Figure]:
    """From nothing to ready, the quickest of a few; the files are in the machine's cache."""
    found = []
    for _ in range(stage.size(_ATTEMPTS, 1)):
        process = stage.like(name, **{port: str(free_port())})
        started = time.monotonic()
        with stage.beside(process) as pid:
            found.append((time.monotonic() - started, meter.cpu_seconds(pid), meter.resident_megabytes(pid)))
    seconds, cpu, memory = min(found)
    yield Figure(
        f"{name}: cold start",
        seconds,
        "s",
        Target("<", 2),
        waited=True,
        note=f"{cpu:.2f} s of CPU, then {memory:.0f} MB",
    )
