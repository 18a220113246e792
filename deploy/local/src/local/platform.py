"""The whole platform as one thing: servers, migrations, services, gateway. `./pc start` and the journey tests run it."""

import signal
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace

from local import health
from local.brokers import BrokerKind
from local.embedded import port_is_busy
from local.errors import LocalError
from local.heads import is_current
from local.paths import relative
from local.processes import Processes, dead_child
from local.servers import Servers
from local.topology import SERVICES, WITH_SANDBOX, Process, Topology

MIGRATION_SECONDS = 180.0
SANDBOX_SECONDS = 300.0

Sink = Callable[[str, str], None]


def _silent(_name: str, _line: str) -> None:
    pass


class Platform:
    """Everything that `./pc start` runs. Call the steps in order; `stop` undoes what was done, whatever that was.

    `sink(name, line)` gets what the children print. Every step raises LocalError in a sentence.
    """

    def __init__(
        self,
        topology: Topology | None = None,
        *,
        sink: Sink = _silent,
        environment: Mapping[str, str] | None = None,
        ready_seconds: float = health.READY_SECONDS,
        broker: BrokerKind | None = None,
    ) -> None:
        self.topology = topology or Topology()
        self.servers = Servers(self.topology, broker)
        self._extra = dict(environment or {})
        self._ready_seconds = ready_seconds
        self._sink = sink
        self._logs = self.topology.var / "log"
        self.processes = Processes({}, sink, self._logs)
        self.known: list[Process] = self.topology.processes()

    def check_ports(self) -> None:
        """Refuse to start onto ports that are taken, naming all of them at once."""
        wanted = {process.name: process.port for process in self.known}
        if self.servers.embedded_databases:
            wanted["PostgreSQL"] = self.topology.postgres_port
        if self.servers.needs_valkey:
            wanted["Valkey"] = self.topology.valkey_port
        if self.servers.needs_nats:
            wanted["NATS"] = self.topology.nats_port
        busy = [f"{port} ({name})" for name, port in wanted.items() if port_is_busy(port)]
        if busy:
            raise LocalError(
                f"These ports are in use: {', '.join(busy)}. If `./pc status` shows the platform, it runs already; "
                "else stop the program that holds them, or give `./pc start --port-offset 100`."
            )

    def start_servers(self) -> None:
        """PostgreSQL with the four databases, Valkey, and NATS where it carries the events."""
        self.servers.start()
        environment = {**self.topology.environment(), **self.servers.environment, **self._extra}
        self.processes = Processes(environment, self._sink, self._logs)

    def migrate(self) -> None:
        """Both branches of every service that lacks a migration, side by side."""
        urls = self.servers.environment
        late = [service for service in SERVICES if not is_current(service, urls[f"DATABASE_URL_{service.upper()}"])]
        self._run_all([self._command(service, "migrate") for service in late], MIGRATION_SECONDS)

    def start_processes(self) -> None:
        """APIs, workers and the gateway; they find one another as they come up."""
        for process in self.known:
            self.processes.start(process)

    def wait_ready(self) -> list[health.Health]:
        """Until every process answers that it is ready."""
        return health.wait_ready(self.known, self.check, self._ready_seconds)

    def sandbox(self, name: str) -> None:
        """Build a data set, service after service, while the workers carry the facts across."""
        for service in WITH_SANDBOX:
            self._run_all([self._command(service, "sandbox", name)], SANDBOX_SECONDS)

    def check(self) -> None:
        """Raise LocalError when a child or a server is gone."""
        self.processes.check()
        dead = self.servers.dead()
        if dead is not None:
            raise LocalError(f"{dead} stopped on its own. Its log is below {relative(self.topology.var)}/.")

    def watch(self, stopped: threading.Event) -> None:
        """Until `stopped` is set; raises LocalError when something dies before."""
        while not stopped.is_set():
            ended = self.processes.ended(0.25)
            if stopped.is_set():
                return
            if ended is not None:
                raise dead_child(ended, self.processes.log_of(ended.name))
            self.check()

    @property
    def started(self) -> bool:
        """Whether there is anything to stop."""
        return bool(self.processes.pids()) or self.servers.started

    def stop(self) -> list[str]:
        """Door first, then APIs, workers, servers. Returns the processes that had to be killed."""
        order = ["gateway", *(f"{service}-api" for service in SERVICES)]
        killed = self.processes.stop(order)
        self.servers.stop()
        return killed

    def halt(self, name: str, signal_number: signal.Signals = signal.SIGTERM) -> None:
        """End one child on purpose (fault tests): asked politely, or killed."""
        self.processes.halt(name, signal_number)

    def begin(self, name: str, environment: Mapping[str, str] | None = None) -> Process:
        """Start a halted child again, without waiting. From the main thread: a child ends with the thread it began in.

        `environment` is for this start alone (a broker reached through a test's proxy).
        """
        process = next(process for process in self.known if process.name == name)
        process = replace(process, environment={**process.environment, **(environment or {})})
        self.processes.start(process)
        return process

    def restart(self, name: str, environment: Mapping[str, str] | None = None) -> None:
        """Start a halted child again and wait until it is ready."""
        health.wait_ready([self.begin(name, environment)], self.check, self._ready_seconds)

    def begin_beside(self, name: str, environment: Mapping[str, str]) -> Process:
        """Start a second process like `name` and wait until it is ready; it is called `<name>-2`. `environment` holds
        the port it is to listen on. End it with `halt`.
        """
        known = next(process for process in self.known if process.name == name)
        port = next(int(value) for key, value in environment.items() if key.endswith("_PORT"))
        beside = replace(known, name=f"{name}-2", port=port, environment={**known.environment, **environment})
        self.processes.start(beside)
        health.wait_ready([beside], self.check, self._ready_seconds)
        return beside

    def is_ready(self) -> bool:
        """Whether every process is ready now."""
        return all(found.state == "up" for found in health.ask_all(self.known))

    def _command(self, service: str, *words: str) -> Process:
        python = self.known[0].command[0]
        return Process(f"{service}-{words[0]}", (python, "-m", service, *words), 0, "")

    def _run_all(self, commands: list[Process], seconds: float) -> None:
        """Run commands that end on their own, together; the first that fails is told with the end of its log."""
        for command in commands:
            self.processes.start(command, ends=True)
        for command in commands:
            status = self.processes.wait(command.name, seconds)
            if status != 0:
                raise LocalError(
                    f"`{' '.join(command.command[1:])}` failed with {status}. "
                    f"The end of {relative(self.processes.log_of(command.name))}:\n"
                    f"{self.processes.end_of_log(command.name)}"
                )
            self.check()
