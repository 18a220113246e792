"""Which processes make the platform, on which ports, and the environment that they share."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from local.embedded import port_is_busy
from local.errors import LocalError
from local.paths import VAR
from local.secrets_file import local_secrets

#: In the order in which their sandboxes build on one another.
SERVICES = ("users", "offers", "bookings", "documents")
WITH_SANDBOX = ("users", "offers", "bookings")
GATEWAY_PORT = 5001
_API_PORT = 6101
_WORKER_PORT = 6201
POSTGRES_PORT = 6432
VALKEY_PORT = 6380
NATS_PORT = 4223


@dataclass(frozen=True)
class Process:
    """One process of the platform: its name in logs, what runs it, and where its health is asked."""

    name: str
    command: tuple[str, ...]
    port: int
    ready_path: str
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def ready_url(self) -> str:
        return f"http://127.0.0.1:{self.port}{self.ready_path}"


@dataclass(frozen=True)
class Topology:
    """Every port of one running platform, and the folder of its data.

    `offset` moves all ports, so that two platforms can run side by side; `var` keeps their data apart.
    """

    offset: int = 0
    var: Path = VAR

    @classmethod
    def on_free_ports(cls, var: Path) -> "Topology":
        """A platform of its own beside others, for tests: none of its ports is in use now."""
        for offset in range(1000 + os.getpid() % 600 * 20, 20000, 20):
            found = cls(offset, var)
            ports = [process.port for process in found.processes()]
            if not any(map(port_is_busy, [*ports, found.postgres_port, found.valkey_port, found.nats_port])):
                return found
        raise LocalError("Every port that the platform could use is busy.")

    @property
    def gateway_port(self) -> int:
        return GATEWAY_PORT + self.offset

    @property
    def postgres_port(self) -> int:
        return POSTGRES_PORT + self.offset

    @property
    def valkey_port(self) -> int:
        return VALKEY_PORT + self.offset

    @property
    def nats_port(self) -> int:
        return NATS_PORT + self.offset

    @property
    def traces(self) -> Path:
        """Where the processes write their spans."""
        return self.var / "traces"

    def api_port(self, service: str) -> int:
        return _API_PORT + SERVICES.index(service) + self.offset

    def worker_port(self, service: str) -> int:
        return _WORKER_PORT + SERVICES.index(service) + self.offset

    def environment(self) -> dict[str, str]:
        """Settings that every child process gets: our defaults, over them `.env.local.secret`, over that our environment."""
        settings = {
            "ENVIRONMENT": "local",
            "LOG_FORMAT": "plain",
            "STORAGE_DIRECTORY": str(self.var / "storage"),
            "STORAGE_PUBLIC_URL": f"http://localhost:{self.gateway_port}/storage",
            "PRIVATE_STORAGE_DIRECTORY": str(self.var / "private"),
            "PUBLIC_URL": f"http://localhost:{self.gateway_port}",
            "GATEWAY_PORT": str(self.gateway_port),
            "GATEWAY_STATE_DIR": str(self.var / "gateway"),
        }
        for service in SERVICES:
            settings[f"{service.upper()}_URL"] = f"http://127.0.0.1:{self.api_port(service)}"
        settings |= local_secrets()
        return {name: os.environ.get(name, value) for name, value in settings.items()}

    def processes(self) -> list[Process]:
        """APIs, workers, then the gateway."""
        python = sys.executable
        found = [
            Process(
                f"{service}-api",
                (python, "-m", service, "api"),
                self.api_port(service),
                "/health/ready",
                {"API_PORT": str(self.api_port(service))},
            )
            for service in SERVICES
        ]
        found += [
            Process(
                f"{service}-worker",
                (python, "-m", service, "worker"),
                self.worker_port(service),
                "/health/ready",
                {"WORKER_PORT": str(self.worker_port(service))},
            )
            for service in SERVICES
        ]
        return [*found, Process("gateway", (python, "-m", "gateway"), self.gateway_port, "/health")]
