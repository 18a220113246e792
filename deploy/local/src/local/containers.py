"""The platform in containers, by deploy/compose.yaml: what `./pc start --docker` and tests/deploy run."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from local import deployment_secrets
from local.engine import Engine
from local.errors import LocalError
from local.images import IMAGES, build
from local.paths import ROOT
from local.run import capture, run
from local.standins import bases
from local.topology import WITH_SANDBOX

COMPOSE_FILE = ROOT / "deploy" / "compose.yaml"
# Generous: twenty containers begin at once, on however few cores.
UP_SECONDS = 900


@dataclass
class Containers:
    """One project of Docker Compose. `variables` are those of deploy/compose.yaml that differ from its defaults."""

    engine: Engine
    project: str = "passculture"
    version: str = "dev"
    secrets_folder: Path = deployment_secrets.FOLDER
    variables: Mapping[str, str] = field(default_factory=dict)
    profiles: Sequence[str] = ()
    _bases: dict[str, str] = field(default_factory=dict, init=False)

    def build(self, *, ca: Path | None = None, quiet: bool = True) -> dict[str, int]:
        """Build every image; their sizes in bytes by reference."""
        self._bases = bases(self.engine)
        references = [
            build(self.engine, image, self._bases, version=self.version, ca=ca, quiet=quiet) for image in IMAGES
        ]
        return {reference: self.engine.image_bytes(reference) for reference in references}

    def up(self, *services: str, wait: bool = True) -> None:
        """Bring services (all without names) up and wait until they are healthy. Raises LocalError with what is not."""
        deployment_secrets.make(self.secrets_folder)
        waiting = ["--wait", "--wait-timeout", str(UP_SECONDS)] if wait else []
        status, output, errors = self.capture("up", "--detach", "--no-build", *waiting, *services)
        if status != 0:
            raise LocalError(f"The containers did not come up:\n{_end(errors or output)}\n{self.troubled()}")

    def down(self, *, forget: bool = False) -> None:
        """Stop and remove the containers; `forget` the data too."""
        status, output, errors = self.capture("down", "--remove-orphans", *(["--volumes"] if forget else []))
        if status != 0:
            raise LocalError(f"The containers could not be removed:\n{_end(errors or output)}")

    def sandbox(self, name: str) -> None:
        """Build a data set, service after service, by the API containers."""
        for service in WITH_SANDBOX:
            status, output, errors = self.capture(
                "exec", "--no-TTY", f"{service}-api", "python", "-m", service, "sandbox", name
            )
            if status != 0:
                raise LocalError(f"The sandbox of {service} failed:\n{_end(errors or output)}")

    def ids(self, service: str) -> list[str]:
        """The ids of a service's containers, those that ended included."""
        return self.capture("ps", "--all", "--quiet", service)[1].split()

    def troubled(self) -> str:
        """The last lines of every container that is not well."""
        format_ = "{{.Service}} {{.State}} {{.Health}} {{.ExitCode}}"
        lines = [line.split() for line in self.capture("ps", "--all", "--format", format_)[1].splitlines()]
        well = ("running healthy 0", "running 0", "exited 0")
        late = {line[0] for line in lines if " ".join(line[1:]) not in well}
        return "\n".join(self.capture("logs", "--tail", "15", name)[1] for name in sorted(late))

    def capture(self, *arguments: str) -> tuple[int, str, str]:
        """`docker compose …`, silently: status, output and errors."""
        return capture(self.command(*arguments), self.environment())

    def run(self, *arguments: str) -> int:
        """`docker compose …` with the terminal."""
        return run(self.command(*arguments), self.environment())

    def popen(self, *arguments: str) -> "subprocess.Popen[bytes]":
        """`docker compose …` beside us, with the terminal's output (the log)."""
        return subprocess.Popen(
            self.command(*arguments), cwd=ROOT, env=self.environment(), stdin=subprocess.DEVNULL, start_new_session=True
        )

    def command(self, *arguments: str) -> list[str]:
        """The whole command line of `docker compose …` on this project."""
        profiles = [option for profile in self.profiles for option in ("--profile", profile)]
        return [
            *self.engine.compose,
            *("--file", str(COMPOSE_FILE), "--project-name", self.project, *profiles, *arguments),
        ]

    def environment(self) -> dict[str, str]:
        """What the file's variables are taken from."""
        if not self._bases:
            self._bases = bases(self.engine)
        return {
            **os.environ,
            **self._bases,
            "VERSION": self.version,
            "COMPOSE_PROJECT_NAME": self.project,
            "SECRETS_FOLDER": str(self.secrets_folder),
            **self.variables,
        }


def _end(text: str, lines: int = 20) -> str:
    return "\n".join(text.strip().splitlines()[-lines:])
