"""A folder for the files of one rendering process: the engine unpacks its fonts into a temporary folder (some megabytes),
and a process that is killed removes nothing.

Whoever starts the process removes the folder once it is gone. Where both were killed together, nobody holds the lock of the
folder any more, and the next start removes it.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from pathlib import Path

PREFIX = "pc-documents-"


class Scratch:
    """An empty folder of its own below the system's temporary one. It is in use while `lock` is open here, or in a process
    that inherited it.
    """

    def __init__(self) -> None:
        while True:
            self.path = Path(tempfile.mkdtemp(prefix=PREFIX))
            self.lock = os.open(self.path, os.O_RDONLY)
            fcntl.flock(self.lock, fcntl.LOCK_EX)
            if self.path.exists():
                return
            # Somebody's `sweep` came between.
            os.close(self.lock)

    def remove(self) -> None:
        """Forget the folder; what still uses it must have ended."""
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self.lock)


def sweep() -> int:
    """Remove the folders that nobody uses; their number."""
    removed = 0
    for path in Path(tempfile.gettempdir()).glob(PREFIX + "*"):
        try:
            lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except OSError:  # gone meanwhile, or another user's
            continue
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(path)
            removed += 1
        except OSError:  # in use, or not ours to remove
            continue
        finally:
            os.close(lock)
    return removed
