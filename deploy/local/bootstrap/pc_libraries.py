"""The system libraries behind WeasyPrint: found, installed where we may, else named exactly."""

import ctypes
import ctypes.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

from pc_progress import Failure

#: What is loaded, by the names that WeasyPrint tries, and the Debian package that holds it.
LIBRARIES = {
    "libpango-1.0-0": ("libpango-1.0.so.0", "libpango-1.0.dylib"),
    "libpangoft2-1.0-0": ("libpangoft2-1.0.so.0", "libpangoft2-1.0.dylib"),
    "libharfbuzz0b": ("libharfbuzz.so.0", "libharfbuzz.0.dylib"),
    "libfontconfig1": ("libfontconfig.so.1", "libfontconfig.1.dylib"),
}
#: Makes embedded fonts smaller; absent from older Debian releases, so its absence is no error.
OPTIONAL = "libharfbuzz-subset0"
_MAC_PLACES = ("/opt/homebrew/lib", "/usr/local/lib")


def missing_libraries() -> list[str]:
    """The Debian names of the libraries that cannot be loaded here."""
    return [package for package, names in LIBRARIES.items() if not any(map(_loads, names))]


def _loads(name: str) -> bool:
    places = [name, *(f"{place}/{name}" for place in _MAC_PLACES if sys.platform == "darwin")]
    for place in places:
        try:
            ctypes.CDLL(place)
        except OSError:
            continue
        return True
    return False


def apt_prefix() -> list[str] | None:
    """How apt-get may be run: as it is, through sudo without a password, or (None) not at all."""
    if shutil.which("apt-get") is None:
        return None
    if os.geteuid() == 0:
        return ["env", "DEBIAN_FRONTEND=noninteractive"]
    sudo = ["sudo", "-n", "env", "DEBIAN_FRONTEND=noninteractive"]
    if (
        shutil.which("sudo")
        and subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0
    ):
        return sudo
    return None


def instructions(missing: list[str]) -> str:
    """What a person types to get the missing libraries."""
    if sys.platform == "darwin":
        return "brew install pango"
    return "sudo apt-get install " + " ".join(missing)


def install_libraries(log: Path) -> None:
    """Install what is missing with apt-get or brew; raises Failure with the exact instruction where we may not."""
    missing = missing_libraries()
    if not missing:
        return
    apt = apt_prefix()
    if sys.platform == "darwin" and shutil.which("brew"):
        _run(log, "brew", "install", "pango")
    elif apt is not None:
        install = [*apt, "apt-get", "install", "-y", "-q", "--no-install-recommends"]
        if not _run(log, *install, *missing):
            _run(log, *apt, "apt-get", "update", "-q")
            _run(log, *install, *missing)
        _run(log, *install, OPTIONAL)
    missing = missing_libraries()
    if missing:
        raise Failure(
            "the libraries that draw PDF files are missing and could not be installed from here. "
            f"Please run:\n    {instructions(missing)}\nand then ./pc again."
        )


def _run(log: Path, *command: str) -> bool:
    with log.open("a") as output:
        output.write("$ " + " ".join(command) + "\n")
        output.flush()
        result = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, check=False)
    return result.returncode == 0
