"""The images that are deployed: how they are built, and under which names."""

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from local.bootstrap import uv_environment
from local.engine import Engine
from local.paths import ROOT
from local.run import capture
from local.topology import SERVICES

#: What an image may weigh, in bytes: documents carries Pango and fonts.
LIMIT, LIMIT_WITH_PANGO = 250_000_000, 400_000_000


@dataclass(frozen=True)
class Image:
    """One of our images: what it is called, its Dockerfile and the folder that it is built from."""

    name: str
    dockerfile: Path
    context: Path
    base: str

    @property
    def repository(self) -> str:
        return f"passculture-{self.name}"

    @property
    def limit(self) -> int:
        return LIMIT_WITH_PANGO if self.name == "documents" else LIMIT


IMAGES = (
    *(Image(name, ROOT / "services" / name / "Dockerfile", ROOT, "PYTHON_IMAGE") for name in SERVICES),
    Image("gateway", ROOT / "gateway" / "Dockerfile", ROOT, "PYTHON_IMAGE"),
    Image(
        "pgbouncer",
        ROOT / "deploy" / "images" / "pgbouncer" / "Dockerfile",
        ROOT / "deploy" / "images" / "pgbouncer",
        "DEBIAN_IMAGE",
    ),
)


def build(
    engine: Engine, image: Image, bases: dict[str, str], *, version: str, ca: Path | None = None, quiet: bool = True
) -> str:
    """Build one image; its reference. `ca` is the certificate of a proxy that opens TLS; by default what pip is told."""
    reference = f"{image.repository}:{version}"
    with secrets(ca) as options:
        arguments = [
            *("--build-arg", f"{image.base}={bases[image.base]}"),
            *("--build-arg", f"VERSION={version}", "--build-arg", f"REVISION={revision()}"),
            *(options if image.base == "PYTHON_IMAGE" else ()),
            *("--file", str(image.dockerfile), "--tag", reference, str(image.context)),
        ]
        engine.build(*arguments, quiet=quiet)
    return reference


def revision() -> str:
    """The commit that is built, with a mark when files differ from it."""
    status, output, _ = capture(["git", "describe", "--always", "--abbrev=12", "--dirty"])
    return output.strip() if status == 0 else "unknown"


@contextmanager
def secrets(ca: Path | None) -> Iterator[Sequence[str]]:
    """The build's secrets as options: the proxy's certificate, and a pip.conf with the index of this machine's pip."""
    found: list[str] = []
    given = ca or next((Path(os.environ[name]) for name in ("PIP_CERT", "SSL_CERT_FILE") if os.environ.get(name)), None)
    if given is not None and given.is_file():
        found += ["--secret", f"id=ca,src={given}"]
    with tempfile.TemporaryDirectory() as folder:
        configuration = _pip_configuration()
        if configuration:
            path = Path(folder) / "pip.conf"
            path.write_text(configuration)
            found += ["--secret", f"id=pip,src={path}"]
        yield found


def _pip_configuration() -> str:
    """The indexes that pip is told of here, without those in folders of this machine; empty when there is none."""
    environment = {**uv_environment(), **os.environ}
    lines = []
    for variable, option in (("UV_DEFAULT_INDEX", "index-url"), ("UV_INDEX", "extra-index-url")):
        addresses = [part for part in environment.get(variable, "").split() if part.startswith(("http://", "https://"))]
        if addresses:
            lines.append(f"{option} = {' '.join(addresses)}")
    return "\n".join(["[global]", *lines, ""]) if lines else ""
