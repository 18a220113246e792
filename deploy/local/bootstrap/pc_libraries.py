"""What the system must bring (venv, the libraries behind WeasyPrint): found, installed where we may, else named exactly."""

import ctypes
import importlib
import importlib.util
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


def venv_package() -> str | None:
    """The Debian package that this Python lacks for making virtual environments, None when it lacks nothing."""
    if importlib.util.find_spec("ensurepip") is not None:
        return None
    return f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"


def install_system_packages(log: Path) -> None:
    """Install what is missing with apt-get or brew; raises Failure with the exact instruction where we may not.

    One call for everything: two apt-get at once would find each other's lock.
    """
    missing = missing_libraries()
    venv = venv_package()
    if not missing and venv is None:
        return
    apt = apt_prefix()
    if sys.platform == "darwin" and shutil.which("brew"):
        _run(log, "brew", "install", "pango")
    elif apt is not None:
        # Another apt-get (unattended upgrades, say) may hold the lock for a while.
        install = [*apt, "apt-get", "install", "-y", "-q", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=120"]
        wanted = [*missing, *([venv] if venv else [])]
        if not _run(log, *install, *wanted):
            _run(log, *apt, "apt-get", "update", "-q")
            _run(log, *install, *wanted)
        if missing:
            _run(log, *install, OPTIONAL)
    importlib.invalidate_caches()
    if venv_package() is not None:
        raise Failure(
            "this Python cannot make virtual environments (the module ensurepip is missing). "
            f"Please run:\n    sudo apt-get install {venv}\nand then ./pc again."
        )
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
