"""`./pc start --docker`: the platform in containers, its log on the terminal, until it is stopped."""

import contextlib
from collections.abc import Sequence

from local.console import fail, out, say, step
from local.containers import Containers
from local.engine import Engine
from local.errors import LocalError
from local.interruption import Interruption, Stop
from local.paths import VAR
from local.start import summary
from local.topology import Topology

_MARKER = VAR / "docker" / "sandboxes"


def start(topology: Topology, *, sandbox: str | None, quiet: bool, profiles: Sequence[str]) -> int:
    """Build, run and follow the containers until Ctrl-C; the exit status of the command. Data stay in volumes."""
    containers = Containers(
        Engine.required(),
        variables={
            "GATEWAY_PORT": str(topology.gateway_port),
            "MAILBOX_PORT": str(topology.api_port("documents")),
            **_surroundings(profiles),
        },
        profiles=profiles,
    )
    interruption = Interruption()
    status = 0
    with interruption.listening():
        try:
            _bring_up(containers, topology, sandbox)
            if quiet:
                interruption.asked.wait()
            else:
                _follow(containers)
        except Stop:
            pass
        except LocalError as error:
            fail(str(error))
            status = 1
        finally:
            interruption.shield()
            with step("Stopping"):
                containers.down()
    return status


def _surroundings(profiles: Sequence[str]) -> dict[str, str]:
    """The settings that go with profiles: where mails, files and traces go when their containers run."""
    found = {
        "mail": {"SMTP_URL": "smtp://mailpit:1025"},
        "files": {"STORAGE_S3_URL": "http://minio:9000"},
        "observability": {"TRACE_ENDPOINT": "http://collector:4318"},
        "nats": {"BROKER_URL": "nats://nats:4222"},
    }
    return {name: value for profile in profiles for name, value in found.get(profile, {}).items()}


def _bring_up(containers: Containers, topology: Topology, sandbox: str | None) -> None:
    with step("Building the images"):
        containers.build()
    with step("Starting the containers"):
        containers.up()
    built = _MARKER.read_text().split() if _MARKER.exists() else []
    if sandbox is not None and sandbox not in built:
        with step(f"Building the sandbox “{sandbox}”"):
            containers.sandbox(sandbox)
            _MARKER.write_text("\n".join(sorted({*built, sandbox})) + "\n")
    out.print(summary(topology), soft_wrap=True)
    say(
        f"[dim]Data are in the volumes of the project {containers.project}; `docker compose down --volumes` forgets them.[/]"
    )


def _follow(containers: Containers) -> None:
    say("\n[dim]The log follows; Ctrl-C stops everything.[/]\n")
    log = containers.popen("logs", "--follow", "--tail", "20")
    try:
        log.wait()
    finally:
        with contextlib.suppress(ProcessLookupError):
            log.terminate()
        log.wait()
    raise LocalError("The containers have ended. `docker compose ps --all` shows how.")
