"""The container engine of this machine, as far as there is one: Docker's own programs, found and asked."""

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from local.errors import LocalError
from local.run import capture, run


@dataclass(frozen=True)
class Engine:
    """A daemon that answers, and the programs that speak to it. `compose` and `builder` are asked for when needed."""

    docker: str
    version: str

    @classmethod
    def found(cls) -> "Engine | None":
        """The engine that DOCKER_HOST (or the default socket) leads to; None without one."""
        for docker in _on_path("docker"):
            status, output, _ = capture([docker, "version", "--format", "{{.Server.Version}}"])
            if status == 0 and output.strip():
                return cls(docker, output.strip())
        return None

    @classmethod
    def required(cls) -> "Engine":
        """The engine; LocalError without one."""
        engine = cls.found()
        if engine is None:
            raise LocalError("No container engine answers. Start Docker (or set DOCKER_HOST), then try again.")
        return engine

    @cached_property
    def compose(self) -> tuple[str, ...]:
        """The command of Docker Compose 2 or newer; LocalError without one."""
        candidates = [(self.docker, "compose"), *((path,) for path in _on_path("docker-compose"))]
        for command in candidates:
            status, output, _ = capture([*command, "version", "--short"])
            if status == 0 and not output.strip().removeprefix("v").startswith("1."):
                return command
        raise LocalError("Docker Compose 2 or newer is missing: install the package docker-compose-plugin.")

    @cached_property
    def compose_version(self) -> str:
        """Which Docker Compose it is."""
        return capture([*self.compose, "version", "--short"])[1].strip()

    @cached_property
    def builder(self) -> str:
        """A `docker` that builds with BuildKit: by its plugin, or an older one that has it within; LocalError without."""
        for docker in _on_path("docker"):
            has_plugin = capture([docker, "buildx", "version"])[0] == 0
            status, output, _ = capture([docker, "version", "--format", "{{.Client.Version}}"])
            major = output.split(".", 1)[0]
            if has_plugin or (status == 0 and major.isdigit() and 18 <= int(major) < 23):
                return docker
        raise LocalError("This docker cannot build with BuildKit: install the package docker-buildx-plugin.")

    def build(self, *arguments: str, quiet: bool = False) -> str:
        """`docker build …` with BuildKit. Raises LocalError with the end of what it printed."""
        environment = {**os.environ, "DOCKER_BUILDKIT": "1"}
        command = [self.builder, "build", "--progress", "plain", *arguments]
        if not quiet:
            if run(command, environment) != 0:
                raise LocalError("The build failed; what it printed is above.")
            return ""
        status, output, errors = capture(command, environment)
        if status != 0:
            raise LocalError(f"The build failed. Its end:\n{_end(output + errors)}")
        return output + errors

    def call(self, *arguments: str, environment: Mapping[str, str] | None = None) -> str:
        """Run `docker …` and give what it printed; LocalError when it fails."""
        return _must([self.docker, *arguments], environment)

    def has_image(self, reference: str) -> bool:
        """Whether an image is on this machine."""
        return capture([self.docker, "image", "inspect", "--format", "{{.Id}}", reference])[0] == 0

    def image_bytes(self, reference: str) -> int:
        """How large an image is, in bytes."""
        return int(json.loads(self.call("image", "inspect", reference))[0]["Size"])


def _must(command: Sequence[str], environment: Mapping[str, str] | None = None) -> str:
    status, output, errors = capture(command, environment)
    if status != 0:
        raise LocalError(
            f"`{' '.join(Path(part).name if part is command[0] else part for part in command)}` failed: "
            f"{_end(errors or output)}"
        )
    return output


def _end(text: str, lines: int = 25) -> str:
    return "\n".join(text.strip().splitlines()[-lines:])


def _on_path(name: str) -> list[str]:
    """Every program of this name on the path, the first to be taken first."""
    folders = os.environ.get("PATH", "").split(os.pathsep)
    found = (shutil.which(name, path=folder) for folder in folders if folder)
    return list(dict.fromkeys(path for path in found if path))
