"""`./pc start`: bring the platform up step by step, tell where things are, show its log until it is stopped."""

import sys
import threading

from local import health
from local.accounts import BENEFICIARY, PARTNER, PASSWORD
from local.brokers import BrokerKind
from local.console import fail, out, say, step
from local.errors import LocalError
from local.interruption import Interruption, Stop
from local.libraries import check_libraries
from local.paths import relative
from local.platform import Platform
from local.prepared import Prepared
from local.sandboxes import built, remember
from local.topology import SERVICES, Topology
from local.traces import recording

_COLOURS = (36, 35, 32, 33, 34, 96, 95, 92, 31)


class LogView:
    """The one log on the terminal: each line with the name of its process. Silent until `open` (files get all).

    Lines are written as they are, without rich: under load there are thousands a second.
    """

    def __init__(self, names: list[str]) -> None:
        width = max(map(len, names), default=0)
        self._prefixes = {name: f"{name:<{width}} │ " for name in names}
        if out.is_terminal and out.color_system is not None:
            for index, (name, prefix) in enumerate(self._prefixes.items()):
                self._prefixes[name] = f"\033[{_COLOURS[index % len(_COLOURS)]}m{prefix}\033[0m"
        self._open = threading.Event()

    def open(self) -> None:
        self._open.set()

    def close(self) -> None:
        self._open.clear()

    def __call__(self, name: str, line: str) -> None:
        if self._open.is_set():
            sys.stdout.write(f"{self._prefixes.get(name, name)}{line}\n")
            sys.stdout.flush()


def start(topology: Topology, *, sandbox: str | None, quiet: bool, broker: BrokerKind | None = None) -> int:
    """Run the platform until Ctrl-C; the exit status of the command."""
    view = LogView([process.name for process in topology.processes()])
    platform = Platform(topology, sink=view, environment=recording(topology.traces), broker=broker)
    interruption = Interruption()
    status = 0
    with interruption.listening():
        try:
            _bring_up(platform, sandbox)
            if not quiet:
                say(f"\n[dim]The log follows (also in {relative(topology.var)}/log/); Ctrl-C stops everything.[/]\n")
                view.open()
            platform.watch(interruption.asked)
        except Stop:
            pass
        except LocalError as error:
            view.close()
            fail(str(error))
            status = 1
        finally:
            interruption.shield()
            view.close()
            status = _take_down(platform) or status
    return status


def _bring_up(platform: Platform, sandbox: str | None) -> None:
    check_libraries()
    platform.check_ports()
    with step(f"Starting {platform.servers.names}"):
        # After a reset, mostly. A first start does not make what it would only copy.
        if platform.servers.embedded_databases == list(SERVICES):
            Prepared().put_if_made(platform.topology.var / "postgres")
        platform.start_servers()
    with step("Migrating the four databases"):
        platform.migrate()
    with step("Starting services, workers and gateway"):
        platform.start_processes()
        healths = platform.wait_ready()
    if sandbox is not None and sandbox not in built():
        with step(f"Building the sandbox “{sandbox}”"):
            platform.sandbox(sandbox)
            remember(sandbox)
    out.print()
    out.print(health.table(healths))
    out.print(summary(platform.topology), soft_wrap=True)


def _take_down(platform: Platform) -> int:
    if not platform.started:
        return 0
    with step("Stopping"):
        killed = platform.stop()
    if killed:
        fail(f"These had to be killed because they did not stop in time: {', '.join(killed)}.")
        return 1
    return 0


def summary(topology: Topology) -> str:
    """Addresses and demo accounts, as shown after a start."""
    door = f"http://localhost:{topology.gateway_port}"
    mailbox = f"http://localhost:{topology.api_port('documents')}/mailbox"
    return f"""
[bold]Gateway[/]    {door}
[bold]API pages[/]  {door}/native/docs
           {door}/pro/docs
           {door}/public/docs
[bold]Mailbox[/]    {mailbox}
[bold]Data[/]       {relative(topology.var)}/  (./pc reset forgets it)

[bold]Demo accounts[/] (password {PASSWORD})
  beneficiary  {BENEFICIARY}
  partner      {PARTNER}"""
