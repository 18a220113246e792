"""What the embedded servers have in common: a child process of ours, a port, a log file, a way to stop."""

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self

from local.errors import LocalError

HOST = "127.0.0.1"
START_SECONDS = 30.0
STOP_SECONDS = 20.0
_ATTEMPTS = 5
_PR_SET_PDEATHSIG = 1


def free_port() -> int:
    """A TCP port of the loopback interface that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def port_is_busy(port: int) -> bool:
    """Whether something accepts connections on this loopback port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0


def die_with_parent(signal_number: int) -> Callable[[], None] | None:
    """A `preexec_fn` that has the kernel send the signal when the thread that started the child dies, however it dies.
    So: start servers from the main thread.

    Linux only; elsewhere None, and a server that outlives us is stopped by the next start. The C function is looked up
    here, before the fork, since the child of a threaded process may not import anything.
    """
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None).prctl

    def ask() -> None:
        prctl(_PR_SET_PDEATHSIG, signal_number)

    return ask


def tail(path: Path, lines: int = 12) -> str:
    """The last lines of a log, or an empty string."""
    try:
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""


class EmbeddedServer:
    """A server run as a child process. Subclasses say how to launch it and how to see that it answers."""

    name = "server"
    stop_signal = signal.SIGTERM

    def __init__(self, port: int | None = None) -> None:
        self._asked_port = port
        self.port = port or 0
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        """The file that receives what the server prints."""
        raise NotImplementedError

    def prepare(self) -> None:
        """Make what the server needs on disk; called before every start."""

    def launch(self) -> subprocess.Popen[bytes]:
        """Start the process, listening on `self.port`."""
        raise NotImplementedError

    def answers(self) -> bool:
        """Whether the server accepts work."""
        raise NotImplementedError

    @property
    def pid(self) -> int | None:
        """The process id while we run it."""
        return self._process.pid if self._process else None

    @property
    def returncode(self) -> int | None:
        """None while it runs or was never started, else its exit status."""
        return self._process.poll() if self._process else None

    def start(self) -> None:
        """Start and wait until it answers; does nothing when it runs already. Raises LocalError with the log's end."""
        if self._process is not None and self._process.poll() is None:
            return
        self.prepare()
        for attempt in range(1, _ATTEMPTS + 1):
            self.port = self._asked_port or free_port()
            if port_is_busy(self.port):
                raise LocalError(
                    f"Port {self.port} is in use by another program, and {self.name} needs it. "
                    "Stop that program, then try again."
                )
            self._process = self.launch()
            try:
                self.wait_ready()
            except LocalError:
                self.stop()
                if attempt == _ATTEMPTS or not self._may_pass(tail(self.log)):
                    raise
                time.sleep(0.2)
            else:
                return

    def _may_pass(self, log: str) -> bool:
        """Whether a failed start is worth another try: a port picked as free was taken meanwhile, or the last processes
        of a server that was killed are not gone yet.
        """
        taken = self._asked_port is None and "already in use" in log.lower()
        return taken or "pre-existing shared memory" in log

    def wait_ready(self, seconds: float = START_SECONDS) -> None:
        """Wait until the server answers; raises LocalError when it died or time is out."""
        deadline = time.monotonic() + seconds
        while not self.answers():
            if self.returncode is not None:
                raise LocalError(f"{self.name} stopped while starting. The end of its log:\n{tail(self.log)}")
            if time.monotonic() > deadline:
                raise LocalError(f"{self.name} did not answer within {seconds:.0f} s. Its log is {self.log}.")
            time.sleep(0.02)

    def stop(self) -> None:
        """Stop cleanly, and by force when that takes too long. Safe to call twice."""
        process, self._process = self._process, None
        if process is None or process.poll() is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(self.stop_signal)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def kill(self) -> None:
        """Kill without a chance to tidy up, as a crash would (fault tests)."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def spawn(
    command: Sequence[str | Path],
    log: Path,
    *,
    death_signal: int,
    user: int | None = None,
    group: int | None = None,
    cwd: Path | None = None,
) -> subprocess.Popen[bytes]:
    """Start a server in a session of its own (a Ctrl-C at the terminal is ours to pass on), printing to `log`."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        return subprocess.Popen(
            [os.fspath(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            user=user,
            group=group,
            extra_groups=[] if user is not None else None,
            start_new_session=True,
            preexec_fn=die_with_parent(death_signal),
        )
