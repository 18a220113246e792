"""A disk that can be filled: a small file system in memory for the database. Needs root."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SIZE = "700m"
_CHUNK = b"\0" * 1_048_576


@dataclass(frozen=True)
class Disk:
    """The file system mounted on `directory`."""

    directory: Path

    @property
    def _ballast(self) -> Path:
        return self.directory / "ballast"

    def fill(self) -> None:
        """Leave not a byte."""
        with self._ballast.open("ab", buffering=0) as ballast, contextlib.suppress(OSError):
            while True:
                ballast.write(_CHUNK)

    def clear(self) -> None:
        """Give the room back."""
        self._ballast.unlink(missing_ok=True)


@contextmanager
def small_disk(directory: Path) -> Iterator[Disk | None]:
    """A small file system on `directory` for as long as the block runs; None where that takes rights we lack."""
    directory.mkdir(parents=True, exist_ok=True)
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        yield None
        return
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=0755", "tmpfs", str(directory)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:  # noqa: S603
        yield None
        return
    try:
        yield Disk(directory)
    finally:
        subprocess.run(["umount", "-l", str(directory)], capture_output=True, check=False)  # noqa: S603, S607
