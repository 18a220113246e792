"""`./pc logs`: what the processes printed, kept in var/log."""

import time
from collections.abc import Iterator
from pathlib import Path

from local.console import out
from local.errors import LocalError
from local.paths import LOGS, relative


def log_files(name: str | None) -> list[Path]:
    """The log of one process, or of a service (API and worker), or all."""
    known = sorted(path for path in LOGS.glob("*.log"))
    found = [path for path in known if name is None or path.stem == name or path.stem.startswith(f"{name}-")]
    if not found:
        names = ", ".join(path.stem for path in known) or "none yet: run ./pc start"
        raise LocalError(f"There is no log named {name!r} in {relative(LOGS)}/. There are: {names}.")
    return found


def show(name: str | None, *, lines: int, follow: bool) -> None:
    """Print the last lines of each log, then what is added."""
    files = log_files(name)
    prefix = len(files) > 1
    positions = {}
    for path in files:
        content = path.read_bytes()
        positions[path] = len(content)
        for line in content.decode(errors="replace").splitlines()[-lines:]:
            _print(path, line, prefix)
    if follow:
        for path, line in _added(positions):
            _print(path, line, prefix)


def _added(positions: dict[Path, int]) -> Iterator[tuple[Path, str]]:
    while True:
        for path in positions:
            size = path.stat().st_size if path.exists() else 0
            if size < positions[path]:  # started anew
                positions[path] = 0
            if size > positions[path]:
                with path.open(encoding="utf-8", errors="replace") as log:
                    log.seek(positions[path])
                    while (line := log.readline()).endswith("\n"):
                        positions[path] = log.tell()
                        yield path, line.rstrip("\n")
        time.sleep(0.3)


def _print(path: Path, line: str, prefix: bool) -> None:
    heading = f"{path.stem:<17}│ " if prefix else ""
    out.print(heading + line, markup=False, soft_wrap=True)
