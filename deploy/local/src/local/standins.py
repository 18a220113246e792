"""The public images that ours begin from: pulled, or, where no registry can be reached, made here from Debian's packages.

A stand-in is named `passculture-standin/…`, never as the image that it replaces.
"""

import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from local.engine import Engine
from local.errors import LocalError
from local.paths import ROOT
from local.run import capture

_FOLDER = ROOT / "deploy" / "images" / "standins"
_PULL_SECONDS = 20


@dataclass(frozen=True)
class Base:
    """A public image: the variable that names another one, the image, and the target that makes its stand-in."""

    variable: str
    reference: str
    target: str


PYTHON = Base("PYTHON_IMAGE", "python:3.11-slim-bookworm", "python")
DEBIAN = Base("DEBIAN_IMAGE", "debian:bookworm-slim", "debian")
POSTGRES = Base("POSTGRES_IMAGE", "postgres:17", "postgres")
VALKEY = Base("VALKEY_IMAGE", "valkey/valkey:8", "valkey")
BASES = (PYTHON, DEBIAN, POSTGRES, VALKEY)

_TIDY_APT = """Dir::Cache::pkgcache ""; Dir::Cache::srcpkgcache "";
DPkg::Post-Invoke {"rm -f /var/cache/apt/archives/*.deb";};
"""


def bases(engine: Engine) -> dict[str, str]:
    """For each base its variable and the image to take: what the environment says, what is here, what can be pulled, or
    a stand-in. Once one cannot be pulled, the others are not tried.
    """
    found: dict[str, str] = {}
    reachable = True
    for base in BASES:
        given = os.environ.get(base.variable)
        if given:
            found[base.variable] = given
        elif engine.has_image(base.reference) or (reachable and _pull(engine, base.reference)):
            found[base.variable] = base.reference
        else:
            reachable = False
            found[base.variable] = _stand_in(engine, base)
    return found


def _pull(engine: Engine, reference: str) -> bool:
    """Whether the image is here now."""
    command = ["timeout", str(_PULL_SECONDS), engine.docker, "pull", "--quiet", reference]
    status, _, errors = capture(command)
    # A slow line is not a closed one: what began in time may go on.
    return status == 0 or (status == 124 and "error" not in errors.lower() and _pull_on(engine, reference))


def _pull_on(engine: Engine, reference: str) -> bool:
    return capture(["timeout", "600", engine.docker, "pull", "--quiet", reference])[0] == 0


def _stand_in(engine: Engine, base: Base) -> str:
    debian = "passculture-standin/debian:bookworm"
    if not engine.has_image(debian):
        _make_debian(engine, debian)
    if base is DEBIAN:
        return debian
    name = f"passculture-standin/{base.target}"
    engine.build("--build-arg", f"DEBIAN={debian}", "--target", base.target, "--tag", name, str(_FOLDER), quiet=True)
    return name


def _make_debian(engine: Engine, name: str) -> None:
    """A small Debian 12 of this machine's own package source, as an image."""
    if shutil.which("mmdebstrap") is None:
        raise LocalError(
            "The base images cannot be pulled, and mmdebstrap, which would make stand-ins, is missing. Run "
            "`apt-get install mmdebstrap`, or name images of your own: " + ", ".join(known.variable for known in BASES)
        )
    with tempfile.TemporaryDirectory() as folder:
        archive, apt = Path(folder) / "debian.tar", Path(folder) / "tidy"
        apt.write_text(_TIDY_APT)
        excluded = [f"--dpkgopt=path-exclude=/usr/share/{part}/*" for part in ("man", "locale", "doc")]
        command = [
            "mmdebstrap",
            "--quiet",
            "--variant=apt",
            # Merged from the start, else the package that merges afterwards brings all of Perl.
            "--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr",
            "--include=usr-is-merged",
            *excluded,
            '--aptopt=Acquire::Languages "none"',
            '--aptopt=APT::Install-Recommends "false"',
            '--customize-hook=rm -f "$1"/var/cache/apt/*.bin',
            f'--customize-hook=cp {apt} "$1/etc/apt/apt.conf.d/docker-clean"',
            "bookworm",
            str(archive),
        ]
        status, output, errors = capture(command)
        if status != 0:
            raise LocalError(f"A Debian for the stand-ins could not be made:\n{(output + errors).strip()[-2000:]}")
        engine.call("import", str(archive), name)
