"""What benches work on: the platform that runs, its databases, its callers, and how much is asked for."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, TypeVar

import psycopg

from local.bench import load, meter
from local.bench.load import Load, Request
from local.bench.tokens import Tokens
from local.errors import LocalError
from local.health import wait_ready
from local.platform import Platform
from local.topology import Process

T = TypeVar("T")
Connection = psycopg.Connection[tuple[Any, ...]]
_LONGER = 20.0
POSTGRES, VALKEY, GATEWAY = "postgresql", "valkey", "gateway"


@dataclass(frozen=True, slots=True)
class Cpus:
    """The processors that the servers are kept on, and those left for the load; empty where nothing is pinned."""

    servers: frozenset[int] = frozenset()
    load: frozenset[int] = frozenset()

    @classmethod
    def parsed(cls, text: str | None) -> Cpus:
        """`"0,2-3"`: servers there, the load on the others (or anywhere when none is left)."""
        if not text:
            return cls()
        usable = os.sched_getaffinity(0)
        try:
            ranges = [part.partition("-") for part in text.split(",")]
            servers = {cpu for first, _, last in ranges for cpu in range(int(first), int(last or first) + 1)}
        except ValueError:
            raise LocalError(f"--cpus takes numbers and ranges (0,2-3), not {text}.") from None
        if not servers <= usable:
            raise LocalError(f"This machine lets us use the processors {sorted(usable)}, not {sorted(servers)}.")
        return cls(frozenset(servers), frozenset(usable - servers) or frozenset(usable))

    @contextmanager
    def for_servers(self) -> Iterator[None]:
        """Processes that are started inside stay on the servers' processors."""
        if not self.servers:
            yield
            return
        os.sched_setaffinity(0, self.servers)
        try:
            yield
        finally:
            os.sched_setaffinity(0, self.load)


@dataclass
class Stage:
    """A running platform for benches. `seconds` is how long a load lasts; `tiny` asks for as little as can be (a test)."""

    platform: Platform
    seconds: float = 5.0
    tiny: bool = False
    cpus: Cpus = field(default_factory=Cpus)
    _kept: dict[str, Any] = field(default_factory=dict)

    def size(self, full: int, tiny: int) -> int:
        """How many of something this run makes."""
        return tiny if self.tiny else full

    # Addresses

    @property
    def gateway(self) -> str:
        """`http://127.0.0.1:<port>` of the gateway."""
        return f"http://127.0.0.1:{self.platform.topology.gateway_port}"

    def service(self, service: str) -> str:
        """`http://127.0.0.1:<port>` of a service's API."""
        return f"http://127.0.0.1:{self.platform.topology.api_port(service)}"

    def database_url(self, service: str) -> str:
        return self.platform.servers.environment[f"DATABASE_URL_{service.upper()}"]

    def database(self, service: str) -> Connection:
        """A connection to a service's database in autocommit, to be used with `with`."""
        return psycopg.connect(self.database_url(service), autocommit=True)

    def kept(self, name: str, make: Callable[[], T]) -> T:
        """What `make` made when this was first asked for under the name."""
        if name not in self._kept:
            self._kept[name] = make()
        return self._kept[name]

    # Callers

    @cached_property
    def tokens(self) -> Tokens:
        """Signs tokens as `users` does."""
        return Tokens.of_users(self.database_url("users"))

    # Processes

    @contextmanager
    def beside(self, process: Process) -> Iterator[int]:
        """Run a process beside the platform's while the block lasts, ready when it begins; its pid."""
        with self.cpus.for_servers():
            self.platform.processes.start(process)
        try:
            wait_ready([process], self.platform.check)
            yield self.platform.processes.pids()[process.name]
        finally:
            self.platform.halt(process.name)

    def like(self, name: str, **environment: str) -> Process:
        """A second process like `name` for `beside`, with other settings; they hold the port that it is to listen on."""
        known = next(process for process in self.platform.known if process.name == name)
        port = next(int(value) for key, value in environment.items() if key.endswith("_PORT"))
        return replace(known, name=f"{name}-2", port=port, environment={**known.environment, **environment})

    # Measuring

    def pids(self) -> dict[str, int]:
        """Every process by name: `gateway`, `<service>-api`, `<service>-worker`, `postgresql`, `valkey`."""
        running = {process.name for process in self.platform.known}
        found = {name: pid for name, pid in self.platform.processes.pids().items() if name in running}
        for name, server in ((POSTGRES, self.platform.servers.postgres), (VALKEY, self.platform.servers.valkey)):
            if server is not None and server.pid is not None:
                found[name] = server.pid
        return found

    def measured(self, *, beside: Mapping[str, int] | None = None) -> AbstractContextManager[meter.Used]:
        """`with stage.measured() as used: …` and then `used.of("gateway")`: CPU seconds by process, children included."""
        return meter.measured({**self.pids(), **(beside or {})})

    def load(
        self,
        url: str,
        requests: Sequence[Request],
        *,
        connections: int = 32,
        seconds: float | None = None,
        threads: int = 1,
        pause: float = 0.0,
    ) -> Load:
        """Load for `seconds` (the stage's without), on the processors that are left for it; longer where a machine is so
        busy that nothing at all was answered meanwhile. `pause` as for `load.run`.
        """
        seconds = seconds or self.seconds

        def loaded(length: float) -> Load:
            return load.run(url, requests, seconds=length, connections=connections, threads=threads, pause=pause)

        seen = loaded(seconds)
        return seen if seen.requests else loaded(seconds + _LONGER)
