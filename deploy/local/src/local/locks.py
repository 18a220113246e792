"""Locked requirements: one file for each thing that is deployed, one for development.

A lock holds pins and hashes and no address: where packages come from is the machine's business. Its first lines hold a
digest of the requirements that it answers, so that a stale lock is seen without a network.
"""

import hashlib
import json
import os
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from local.bootstrap import uv_environment
from local.errors import LocalError
from local.paths import LOCKS, ROOT, relative
from local.run import capture, tool

_ADDRESS = re.compile(r"(https?://|file:|git\+|--(extra-)?index-url|--find-links|\s@\s)")
_DIGEST = re.compile(r"^# requirements: sha256:([0-9a-f]{64})$", re.MULTILINE)
_PIN = re.compile(r"^([A-Za-z0-9_.-]+)==(\S+)", re.MULTILINE)


@dataclass(frozen=True)
class Target:
    """One lock: its name and the pyproject files whose requirements it answers, the deployable's own first."""

    name: str
    folders: tuple[Path, ...]

    @property
    def path(self) -> Path:
        return LOCKS / f"{self.name}.txt"


def members() -> list[Path]:
    """The folders of this repository's packages."""
    services = sorted(path.parent for path in (ROOT / "services").glob("*/pyproject.toml"))
    return [ROOT / "shared", ROOT / "gateway", *services, ROOT / "deploy" / "local"]


def targets() -> list[Target]:
    """Development first: the others take their versions from it."""
    shared = ROOT / "shared"
    services = [folder for folder in members() if folder.parent.name == "services" or folder.name == "gateway"]
    return [
        Target("dev", (ROOT, *members())),
        *(Target(folder.name, (folder, shared)) for folder in services),
    ]


def requirements_digest(target: Target) -> str:
    """A digest of everything in the pyproject files that decides what is installed."""
    wanted = []
    for folder in target.folders:
        table = tomllib.loads((folder / "pyproject.toml").read_text())
        project = table["project"]
        deciding = [project["name"], project.get("requires-python"), sorted(project.get("dependencies", []))]
        if target.name == "dev":
            deciding += [project.get("optional-dependencies", {}), table.get("dependency-groups", {})]
        wanted.append(deciding)
    return hashlib.sha256(json.dumps(wanted, sort_keys=True).encode()).hexdigest()


def write(target: Target, *, upgrade: bool = False) -> None:
    """Resolve and write one lock, keeping the versions that it has unless `upgrade`."""
    folder = target.folders[0]
    own = [word for member in members() for word in ("--no-emit-package", _project_name(member))]
    # uv takes the versions of an existing output file as preferences, and leaves it alone when it fails.
    command = [tool("uv"), "pip", "compile", "--universal", "--generate-hashes", "--no-header", "--no-annotate"]
    command += ["--quiet", "--python-version", "3.11", *own, "--output-file", str(target.path)]
    command += ["--upgrade"] if upgrade else []
    if target.name == "dev":
        command += ["--group", "dev"]
    else:
        command += [str(folder / "pyproject.toml"), "--constraint", str(LOCKS / "dev.txt")]
    LOCKS.mkdir(parents=True, exist_ok=True)
    status, _, errors = capture(command, {**os.environ, **uv_environment()})
    if status != 0:
        raise LocalError(f"uv could not resolve {relative(target.path)}:\n{errors.strip()}")
    pins = "".join(line for line in target.path.read_text().splitlines(True) if not line.startswith("#"))
    heading = f"# Written by `./pc lock`; do not edit.\n# requirements: sha256:{requirements_digest(target)}\n"
    target.path.write_text(heading + pins)


def problems() -> list[str]:
    """What is wrong with the locks, a sentence each."""
    found: list[str] = []
    development: dict[str, str] = {}
    for target in targets():
        name = relative(target.path)
        try:
            text = target.path.read_text()
        except OSError:
            found.append(f"{name} is missing: run ./pc lock.")
            continue
        digest = _DIGEST.search(text)
        if digest is None or digest.group(1) != requirements_digest(target):
            found.append(f"{name} is stale, the requirements of a pyproject.toml have changed: run ./pc lock.")
        found += [
            f"{name}:{number} holds an address: {line.strip()[:80]}"
            for number, line in enumerate(text.splitlines(), 1)
            if _ADDRESS.search(line)
        ]
        pins = dict(_PIN.findall(text))
        blocks = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE)[1:]
        found += [f"{name}: {block.split()[0]} has no hash" for block in blocks if "--hash=" not in block]
        development = development or pins
        found += [
            f"{name} has {package} {version}, but development has {development.get(package)}: run ./pc lock."
            for package, version in pins.items()
            if development.get(package) != version
        ]
    return found


def _project_name(folder: Path) -> str:
    name: str = tomllib.loads((folder / "pyproject.toml").read_text())["project"]["name"]
    return name
