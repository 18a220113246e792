"""A whole platform for as long as a test session lasts, on ports and data of its own."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from local.brokers import BrokerKind
from local.health import READY_SECONDS
from local.platform import Platform
from local.postgres import Postgres
from local.prepared import Prepared
from local.topology import SERVICES, Topology


def prepare(platform: Platform) -> None:
    """Let a platform of ours begin with migrated databases; call before its servers start."""
    if platform.servers.embedded_databases == list(SERVICES):
        Prepared().put(platform.topology.var / "postgres")


@contextmanager
def running_platform(
    directory: Path,
    *,
    sandbox: str | None = "tiny",
    environment: Mapping[str, str] | None = None,
    ready_seconds: float = READY_SECONDS,
    broker: BrokerKind | None = None,
) -> Iterator[Platform]:
    """Start everything below `directory`, build the sandbox, and stop and remove all at the end.

    The addresses are `platform.topology`'s; what the processes printed is in `directory/log/<process>.log`;
    `platform.halt(name)` and `platform.restart(name)` serve tests of faults.
    """
    platform = Platform(
        Topology.on_free_ports(directory), environment=environment, ready_seconds=ready_seconds, broker=broker
    )
    try:
        prepare(platform)
        platform.start_servers()
        platform.migrate()
        platform.start_processes()
        platform.wait_ready()
        if sandbox is not None:
            platform.sandbox(sandbox)
        yield platform
    finally:
        platform.stop()
        Postgres(directory / "postgres").destroy()
