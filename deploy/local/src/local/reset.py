"""`./pc reset`: forget all local data."""

import shutil

from local.embedded import port_is_busy
from local.errors import LocalError
from local.postgres import Postgres
from local.topology import Topology


def reset(topology: Topology) -> None:
    """Remove databases, broker, stored files and logs below var/. Refuses while the platform runs."""
    if port_is_busy(topology.gateway_port) or port_is_busy(topology.postgres_port):
        raise LocalError("The platform runs. Stop it with Ctrl-C in its terminal first, then reset.")
    Postgres(topology.var / "postgres").destroy()
    for name in ("valkey", "nats", "storage", "gateway", "log"):
        shutil.rmtree(topology.var / name, ignore_errors=True)
    for name in ("sandboxes", "broker"):
        (topology.var / name).unlink(missing_ok=True)
