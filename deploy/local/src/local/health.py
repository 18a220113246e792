"""Asking the processes how they are."""

import http.client
import json
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass

from rich.table import Table

from local.errors import LocalError
from local.topology import Process

READY_SECONDS = 60.0


@dataclass(frozen=True)
class Health:
    """What one process answered. `state` is up, starting (it answers, not ready yet) or down."""

    name: str
    port: int
    state: str
    detail: str

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


def ask(process: Process, seconds: float = 2.0) -> Health:
    """One question to one process."""
    connection = http.client.HTTPConnection("127.0.0.1", process.port, timeout=seconds)
    try:
        connection.request("GET", process.ready_path)
        response = connection.getresponse()
        body = response.read()
    except ConnectionRefusedError:
        return Health(process.name, process.port, "down", "nothing listens on this port")
    except (OSError, http.client.HTTPException) as error:
        return Health(process.name, process.port, "down", f"no answer ({type(error).__name__})")
    finally:
        connection.close()
    state = "up" if response.status == 200 else "starting"
    return Health(process.name, process.port, state, _detail(body, response.status))


def _detail(body: bytes, status: int) -> str:
    """The parts of a health answer in words: `database ok, broker ok`."""
    try:
        answer = json.loads(body)
    except ValueError:
        return f"HTTP {status}"
    parts = answer.get("checks", answer) if isinstance(answer, dict) else {}
    words = [f"{name} {_word(value)}" for name, value in parts.items()] if isinstance(parts, dict) else []
    return ", ".join(words) or f"HTTP {status}"


def _word(value: object) -> str:
    if isinstance(value, dict):
        value = value.get("status", value.get("ok", value.get("ready", "?")))
    return {True: "ok", False: "not ready"}.get(value, str(value)) if isinstance(value, bool) else str(value)


def ask_all(processes: Sequence[Process]) -> list[Health]:
    """All at once, answers in the order asked."""
    with ThreadPoolExecutor(len(processes) or 1) as pool:
        return list(pool.map(ask, processes))


def wait_ready(processes: Sequence[Process], check: Callable[[], None], seconds: float = READY_SECONDS) -> list[Health]:
    """Wait until every process is up; `check` is called meanwhile and may raise. Raises LocalError when time is out."""
    deadline = time.monotonic() + seconds
    found: dict[str, Health] = {}
    while True:
        check()
        waiting = [process for process in processes if found.get(process.name, _UNKNOWN).state != "up"]
        for health in ask_all(waiting):
            found[health.name] = health
        late = [health for health in found.values() if health.state != "up"]
        if not late:
            return [found[process.name] for process in processes]
        if time.monotonic() > deadline:
            names = "; ".join(f"{health.name} ({health.state}: {health.detail})" for health in late)
            raise LocalError(f"Not ready within {seconds:.0f} s: {names}. `./pc logs NAME` shows what they print.")
        time.sleep(0.15)


_UNKNOWN = Health("", 0, "down", "")


def table(healths: Sequence[Health]) -> Table:
    """The health summary for a person."""
    shown = Table(box=None, padding=(0, 2), header_style="bold")
    for column in ("process", "port", "state", "detail"):
        shown.add_column(column, justify="right" if column == "port" else "left", overflow="fold")
    colours = {"up": "green", "starting": "yellow", "down": "red"}
    for health in healths:
        state = f"[{colours[health.state]}]{health.state}[/]"
        shown.add_row(health.name, str(health.port), state, f"[dim]{health.detail}[/]")
    return shown
