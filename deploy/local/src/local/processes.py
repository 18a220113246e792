"""Child processes with one prefixed log: started together, watched, stopped together."""

import contextlib
import os
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from local.embedded import die_with_parent, tail
from local.errors import LocalError
from local.paths import ROOT, relative
from local.topology import Process

STOP_SECONDS = 15.0
#: Nobody kills what a test halted: a busy machine may take its time.
HALT_SECONDS = 60.0
Sink = Callable[[str, str], None]


@dataclass(frozen=True)
class Ended:
    """A child that ended although nobody asked it to."""

    name: str
    status: int

    def __str__(self) -> str:
        how = f"was killed by {signal.Signals(-self.status).name}" if self.status < 0 else f"exited with {self.status}"
        return f"{self.name} {how}"


class Processes:
    """The children of one run. `sink(name, line)` gets every line that they print, from threads of ours."""

    def __init__(self, environment: Mapping[str, str], sink: Sink, logs: Path) -> None:
        self._environment = {**os.environ, **environment, "PYTHONUNBUFFERED": "1"}
        self._sink = sink
        self._logs = logs
        self._children: dict[str, subprocess.Popen[str]] = {}
        self._readers: dict[str, threading.Thread] = {}
        self._ended: queue.SimpleQueue[Ended] = queue.SimpleQueue()
        self._short: set[str] = set()
        self._stopping = False

    def start(self, process: Process, *, ends: bool = False) -> None:
        """Start one child. It dies with us, and it does not hear the terminal's Ctrl-C: stopping is ours to order.

        `ends` says that it is a command that ends on its own, to be waited for with `wait`. Call from the main thread.
        """
        if ends:
            self._short.add(process.name)
        else:
            self._short.discard(process.name)
        self._logs.mkdir(parents=True, exist_ok=True)
        again = process.name in self._children
        log = self.log_of(process.name).open("a" if again else "w", encoding="utf-8")
        child = subprocess.Popen(
            process.command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            cwd=ROOT,
            env={**self._environment, **process.environment},
            start_new_session=True,
            preexec_fn=die_with_parent(signal.SIGTERM),
        )
        self._children[process.name] = child
        reader = threading.Thread(target=self._read, args=(process.name, child, log), daemon=True)
        self._readers[process.name] = reader
        reader.start()

    def log_of(self, name: str) -> Path:
        """The file that keeps what this child printed."""
        return self._logs / f"{name}.log"

    def pids(self) -> dict[str, int]:
        """The process ids by name, for `./pc status` and fault tests."""
        return {name: child.pid for name, child in self._children.items()}

    def _read(self, name: str, child: subprocess.Popen[str], log: IO[str]) -> None:
        assert child.stdout is not None  # noqa: S101  (a pipe was asked for)
        with log, child.stdout:
            for line in child.stdout:
                log.write(line)
                log.flush()
                self._sink(name, line.rstrip("\n"))
        status = child.wait()
        if not self._stopping and name not in self._short:
            self._ended.put(Ended(name, status))

    def ended(self, seconds: float = 0.0) -> Ended | None:
        """A child that ended although nobody asked for it; waits that long for one."""
        try:
            return self._ended.get(timeout=seconds) if seconds > 0 else self._ended.get_nowait()
        except queue.Empty:
            return None

    def check(self) -> None:
        """Raise LocalError with the end of its log when a child is gone."""
        ended = self.ended()
        if ended is not None:
            raise dead_child(ended, self.log_of(ended.name))

    def end_of_log(self, name: str) -> str:
        """The last lines that a child printed."""
        return tail(self.log_of(name), 25)

    def wait(self, name: str, seconds: float) -> int:
        """The exit status of a child that is meant to end (a migration); raises LocalError when it takes too long."""
        try:
            status = self._children[name].wait(seconds)
        except subprocess.TimeoutExpired:
            raise LocalError(
                f"{name} did not finish within {seconds:.0f} s; see {relative(self.log_of(name))}."
            ) from None
        self._readers[name].join(5)
        return status

    def halt(self, name: str, signal_number: signal.Signals) -> None:
        """End one child without anybody being told of its death; waits until it is gone."""
        self._short.add(name)
        self._children[name].send_signal(signal_number)
        self._children[name].wait(HALT_SECONDS)
        self._readers[name].join(5)

    def stop(self, order: Sequence[str] = ()) -> list[str]:
        """Ask all children to end, those in `order` first, and kill those that do not. Returns who had to be killed."""
        self._stopping = True
        first = [name for name in order if name in self._children]
        groups = [first, [name for name in self._children if name not in first]]
        killed: list[str] = []
        for group in groups:
            for name in group:
                with contextlib.suppress(ProcessLookupError):
                    self._children[name].terminate()
            deadline = time.monotonic() + STOP_SECONDS
            for name in group:
                child = self._children[name]
                try:
                    child.wait(max(0.0, deadline - time.monotonic()))
                except subprocess.TimeoutExpired:
                    killed.append(name)
                    with contextlib.suppress(ProcessLookupError):
                        os.killpg(child.pid, signal.SIGKILL)
                    child.wait()
        for reader in self._readers.values():
            reader.join(5)
        return killed


def dead_child(ended: Ended, log: Path) -> LocalError:
    """What to say of a child that ended on its own."""
    return LocalError(f"{ended}. The end of {relative(log)}:\n{tail(log, 25)}")
