"""CPU and memory of processes, read from /proc."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from local.errors import LocalError

PROC = Path("/proc")
_TICK = os.sysconf("SC_CLK_TCK")
_MEGABYTE = 1_048_576
# Fields of /proc/<pid>/stat after the name in parentheses, which may hold anything (proc(5)).
_PARENT, _USER, _SYSTEM, _WAITED_USER, _WAITED_SYSTEM = 1, 11, 12, 13, 14


def check_proc() -> None:
    """Raise LocalError where there is no /proc: nothing could be measured."""
    if not (PROC / "self" / "stat").exists():
        raise LocalError("`./pc bench` reads CPU times from /proc, which this system lacks. Run it on Linux.")


def _stat(pid: int) -> list[str] | None:
    try:
        text = (PROC / str(pid) / "stat").read_text()
    except OSError:  # gone meanwhile
        return None
    return text.rpartition(")")[2].split()


def family(pid: int) -> list[int]:
    """A process and all that descend from it now."""
    children: dict[int, list[int]] = {}
    for entry in PROC.iterdir():
        if entry.name.isdecimal() and (fields := _stat(int(entry.name))) is not None:
            children.setdefault(int(fields[_PARENT]), []).append(int(entry.name))
    found, unseen = [], [pid]
    while unseen:
        found.append(member := unseen.pop())
        unseen.extend(children.get(member, ()))
    return found


def cpu_seconds(pid: int) -> float:
    """User and system time that a process, its living descendants and those that it has waited for have used."""
    ticks = 0
    for member in family(pid):
        fields = _stat(member)
        if fields is not None:
            ticks += sum(int(fields[index]) for index in (_USER, _SYSTEM, _WAITED_USER, _WAITED_SYSTEM))
    return ticks / _TICK


def resident_megabytes(pid: int) -> float:
    """What a process itself holds in memory, its children left out."""
    pages = int((PROC / str(pid) / "statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / _MEGABYTE


@dataclass
class Used:
    """CPU seconds by process name, filled when the measured block ends."""

    seconds: dict[str, float] = field(default_factory=dict)

    def of(self, *names: str) -> float:
        """CPU seconds of those processes together."""
        return sum(self.seconds[name] for name in names)


@contextmanager
def measured(processes: Mapping[str, int]) -> Iterator[Used]:
    """Measure what processes (name to pid) use inside the block."""
    used = Used()
    before = {name: cpu_seconds(pid) for name, pid in processes.items()}
    yield used
    used.seconds = {name: cpu_seconds(pid) - before[name] for name, pid in processes.items()}
