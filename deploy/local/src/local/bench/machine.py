"""On what it was measured."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from pathlib import Path

from local.bench.stage import Stage


def described(stage: Stage) -> dict[str, str]:
    """The machine and the versions of what ran, by name."""
    with stage.database("users") as connection:
        row = connection.execute("SHOW server_version").fetchone()
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "processor": f"{os.cpu_count()} × {_processor()}",
        "memory": f"{_memory():.0f} GB",
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "postgresql": str(row[0]) if row else "",
        "load before": " ".join(f"{value:.2f}" for value in os.getloadavg()),
        "pinned": ",".join(map(str, sorted(stage.cpus.servers))) or "no",
    }


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.machine()


def _memory() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
