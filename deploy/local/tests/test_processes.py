"""Children: one prefixed log, a clear word when one dies, a clean end for all."""

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.errors import LocalError
from local.processes import Processes
from local.topology import Process

SLEEP = "import time; print('up', flush=True); time.sleep(60)"
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"


def python(name: str, code: str) -> Process:
    return Process(name, (sys.executable, "-c", code), 0, "")


class Lines:
    """A sink that can be waited on."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str]] = []
        self._changed = threading.Condition()

    def __call__(self, name: str, line: str) -> None:
        with self._changed:
            self.seen.append((name, line))
            self._changed.notify_all()

    def wait_for(self, name: str, line: str) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: (name, line) in self.seen, 10), self.seen


@pytest.fixture
def lines() -> Lines:
    return Lines()


@pytest.fixture
def processes(lines: Lines, tmp_path: Path) -> Iterator[Processes]:
    running = Processes({"GREETING": "bonjour"}, lines, tmp_path)
    yield running
    running.stop()


def test_lines_reach_the_sink_and_a_file(processes: Processes, lines: Lines) -> None:
    processes.start(python("greeter", "import os; print(os.environ['GREETING'])"), ends=True)
    assert processes.wait("greeter", 10) == 0
    assert lines.seen == [("greeter", "bonjour")]
    assert processes.log_of("greeter").read_text() == "bonjour\n"


def test_a_dead_child_is_told_with_the_end_of_its_log(processes: Processes, lines: Lines) -> None:
    processes.start(python("fragile", "import sys; print('no such table', flush=True); sys.exit(3)"))
    ended = processes.ended(10)
    assert ended is not None
    assert str(ended) == "fragile exited with 3"
    processes.start(python("victim", SLEEP))
    lines.wait_for("victim", "up")
    os.kill(processes.pids()["victim"], signal.SIGKILL)
    with pytest.raises(LocalError, match="victim was killed by SIGKILL"):
        _check_until_told(processes)


def _check_until_told(processes: Processes) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        processes.check()


def test_stopping_ends_all_and_says_whom_it_had_to_kill(
    processes: Processes, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("local.processes.STOP_SECONDS", 0.3)
    processes.start(python("willing", SLEEP))
    processes.start(python("stubborn", STUBBORN))
    lines.wait_for("willing", "up")
    lines.wait_for("stubborn", "up")
    pids = processes.pids()
    assert processes.stop(["willing"]) == ["stubborn"]
    for pid in pids.values():
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
    assert processes.ended() is None


def test_a_command_that_hangs_is_named(processes: Processes) -> None:
    processes.start(python("slow", SLEEP), ends=True)
    with pytest.raises(LocalError, match="slow did not finish within 0 s"):
        processes.wait("slow", 0.2)


def test_a_child_halted_on_purpose_is_no_death_and_can_come_back(processes: Processes, lines: Lines) -> None:
    processes.start(python("service", SLEEP))
    lines.wait_for("service", "up")
    processes.halt("service", signal.SIGKILL)
    processes.check()
    lines.seen.clear()
    processes.start(python("service", SLEEP))
    lines.wait_for("service", "up")
    assert processes.log_of("service").read_text() == "up\nup\n"
