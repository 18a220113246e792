"""Makes the development environment with the standard library alone, then hands over to `local.cli` inside it.

Three things are wanted: a virtual environment, the locked packages in it (deploy/locks/dev.txt, hashes checked) with
this repository's own packages beside them, and the system libraries that draw PDF files. A stamp says what the
environment was made from; a changed lock or pyproject makes it again.
"""

import contextlib
import fcntl
import hashlib
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

from pc_libraries import install_system_packages, venv_package
from pc_progress import Failure, step

ROOT = Path(__file__).resolve().parents[3]
VENV = Path(os.environ.get("PC_VENV", ROOT / ".venv"))
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "pc-stamp"
LOCK = ROOT / "deploy" / "locks" / "dev.txt"
LOG = ROOT / "var" / "log" / "install.log"


def enter() -> None:
    """Bring the environment up to date, then become `python -m local …` in it."""
    try:
        if not _is_fresh():
            with _alone():
                if not _is_fresh():
                    _install()
    except Failure as failure:
        sys.exit(f"./pc: {failure}")
    except KeyboardInterrupt:
        sys.exit(130)
    os.environ["PC_ROOT"] = str(ROOT)
    keep_bytecode()
    os.execv(PYTHON, [str(PYTHON), "-m", "local", *sys.argv[1:]])  # noqa: S606  (no shell is wanted)


def keep_bytecode() -> None:
    """Let what is started from here keep what it compiles, also where the environment says to write none, as images of
    containers do: a platform is some twenty processes that load the same modules. It goes below var/, beside no source.
    """
    if os.environ.pop("PYTHONDONTWRITEBYTECODE", ""):
        os.environ.setdefault("PYTHONPYCACHEPREFIX", str(ROOT / "var" / "bytecode"))


def members() -> list[Path]:
    """The folders of this repository's own packages."""
    found = [ROOT / "shared", ROOT / "gateway", *sorted((ROOT / "services").iterdir()), ROOT / "deploy" / "local"]
    return [folder for folder in found if (folder / "pyproject.toml").is_file()]


def _fingerprint() -> str:
    digest = hashlib.sha256(f"1 {sys.version_info[:2]} {ROOT}".encode())
    for path in (LOCK, *(member / "pyproject.toml" for member in members())):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _is_fresh() -> bool:
    try:
        return STAMP.read_text() == _fingerprint() and PYTHON.exists()
    except OSError:
        return False


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """One installation at a time, however many terminals and hooks call `./pc`."""
    LOG.parent.mkdir(parents=True, exist_ok=True)
    with (LOG.parent / "install.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _install() -> None:
    LOG.write_text("")
    failures: list[Failure] = []

    def system_packages() -> None:
        try:
            install_system_packages(LOG)
        except Failure as failure:
            failures.append(failure)

    # Without ensurepip nothing else can begin; else the package manager and the package index do not wait for each other.
    beside = threading.Thread(target=system_packages)
    beside.start()
    if venv_package() is not None:
        with step("Installing what Python and the PDF files need from the system"):
            beside.join()
        if failures:
            raise failures[0]
    try:
        if not PYTHON.exists():
            with step("Making the Python environment"):
                _must("Making the virtual environment", sys.executable, "-m", "venv", "--clear", VENV)
        with step("Installing the locked packages"):
            _install_packages()
        with step("Installing this repository's packages"):
            _install_members()
    finally:
        if beside.is_alive():
            with step("Installing the libraries that draw PDF files"):
                beside.join()
    if failures:
        raise failures[0]
    STAMP.write_text(_fingerprint())


def _run(*command: str | Path, environment: dict[str, str] | None = None) -> bool:
    with LOG.open("a") as log:
        log.write("$ " + " ".join(map(str, command)) + "\n")
        log.flush()
        result = subprocess.run(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=ROOT,
            env={**os.environ, **(environment or {})},
            check=False,
        )
    return result.returncode == 0


def _must(what: str, *command: str | Path, environment: dict[str, str] | None = None) -> None:
    if not _run(*command, environment=environment):
        end = "\n".join(LOG.read_text(errors="replace").splitlines()[-15:])
        raise Failure(f"{what} failed. The end of {LOG.relative_to(ROOT)}:\n{end}")


def _install_packages() -> None:
    """With uv, ten times as fast as pip; with pip itself where uv cannot reach what pip's configuration names."""
    pin = re.search(r"^uv==.*?(?:\n(?=\S)|\Z)", LOCK.read_text(), re.MULTILINE | re.DOTALL)
    if pin is None:
        raise Failure(f"{LOCK.relative_to(ROOT)} does not pin uv. Restore that file from git.")
    wanted = VENV / "uv-requirement.txt"
    wanted.write_text(pin.group(0))
    pip = (PYTHON, "-m", "pip", "--disable-pip-version-check", "install", "--require-hashes")
    if not (VENV / "bin" / "uv").exists():  # it is there in an environment that uv itself made, which has no pip
        _must("Installing uv", *pip, "-r", wanted)
    fast = (VENV / "bin" / "uv", "pip", "install", "--python", PYTHON, "--require-hashes", "-r", LOCK)
    if not _run(*fast, environment=uv_environment()):
        _must("Installing the locked packages", *pip, "-r", LOCK)


def _install_members() -> None:
    folders = [part for member in members() for part in ("-e", f"{member}")]
    uv = (VENV / "bin" / "uv", "pip", "install", "--python", PYTHON, "--no-deps")
    if not _run(*uv, *folders, environment=uv_environment()):
        pip = (PYTHON, "-m", "pip", "--disable-pip-version-check", "install", "--no-deps")
        _must("Installing this repository's packages", *pip, *folders)


def _pip_configuration() -> str:
    for python in (PYTHON, sys.executable):
        command = [python, "-m", "pip", "config", "list"]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode == 0:
            return result.stdout
    return ""


def uv_environment() -> dict[str, str]:
    """What pip is configured with, said in uv's words: uv does not read pip's configuration."""
    configured: dict[str, str] = {}
    for line in _pip_configuration().splitlines():
        name, _, value = line.partition("=")
        configured.setdefault(name.rpartition(".")[2], value.strip("'\""))  # the environment is listed first
    names = {"index-url": "UV_DEFAULT_INDEX", "find-links": "UV_FIND_LINKS", "cert": "SSL_CERT_FILE"}
    environment = {"UV_LINK_MODE": "copy", "UV_NO_PROGRESS": "1", "UV_HTTP_TIMEOUT": "120", "VIRTUAL_ENV": str(VENV)}
    for option, variable in names.items():
        if option in configured and variable not in os.environ:
            value = configured[option]
            environment[variable] = ",".join(value.split()) if option == "find-links" else value
    if not all(Path(place).exists() for place in environment.get("UV_FIND_LINKS", "").split(",") if place[:1] == "/"):
        del environment["UV_FIND_LINKS"]
    return environment
