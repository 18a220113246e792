"""`./pc reset`: forget all local data."""

import shutil

from local.embedded import port_is_busy
from local.errors import LocalError
from local.paths import VAR
from local.postgres import Postgres
from local.servers import POSTGRES_DIRECTORY, VALKEY_DIRECTORY
from local.topology import Topology


def reset(topology: Topology) -> None:
    """Remove databases, broker, stored files and logs below var/. Refuses while the platform runs."""
    if port_is_busy(topology.gateway_port) or port_is_busy(topology.postgres_port):
        raise LocalError("The platform runs. Stop it with Ctrl-C in its terminal first, then reset.")
    Postgres(POSTGRES_DIRECTORY).destroy()
    for path in (VALKEY_DIRECTORY, VAR / "storage", VAR / "gateway", VAR / "documents", VAR / "log"):
        shutil.rmtree(path, ignore_errors=True)
    (VAR / "sandboxes").unlink(missing_ok=True)
