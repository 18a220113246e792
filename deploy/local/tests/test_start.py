"""`./pc start` from the outside, with services that are a few lines each: what a person sees, and the exit status."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local.embedded import port_is_busy
from local.paths import ROOT
from local.topology import SERVICES, Topology

SERVICE = '''
"""A service that answers that it is ready, and writes down what it was asked to do."""
import http.server, json, os, pathlib, signal, sys

name = sys.argv[0].split(os.sep)[-2]
command = sys.argv[1] if len(sys.argv) > 1 else "serve"
with pathlib.Path(os.environ["FAKE_LOG"]).open("a") as log:
    log.write(name + " " + " ".join(sys.argv[1:]) + "\\n")
if os.environ.get("FAKE_FAIL") == f"{name} {command}":
    sys.exit(f"{name}: no such table")
if command in ("migrate", "sandbox"):
    assert name in os.environ["DATABASE_URL_" + name.upper()]
    sys.exit(0)
variable = {"api": "API_PORT", "worker": "WORKER_PORT", "serve": "GATEWAY_PORT"}[command]
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))

class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/die":
            print("out of memory", flush=True)
            os._exit(9)
        body = json.dumps({"status": "ready", "checks": {"database": True}}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        print("asked", self.path, flush=True)

http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ[variable])), Answer).serve_forever()
'''


class Started:
    """One `./pc start` in a checkout of its own. `output` is what it printed, once it has ended."""

    def __init__(self, process: subprocess.Popen[str], topology: Topology, root: Path, log: Path) -> None:
        self.process = process
        self.topology = topology
        self.root = root
        self._log = log
        self.output = ""

    def until_up(self) -> None:
        """Until the summary would be printed: the gateway is the last thing that is waited for."""
        marker = self.root / "var" / "sandboxes"
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and self.process.poll() is None:
            if marker.exists() and port_is_busy(self.topology.gateway_port):
                return
            time.sleep(0.05)
        raise AssertionError(self.end())

    def end(self, signal_number: signal.Signals | None = None) -> str:
        if signal_number is not None:
            self.process.send_signal(signal_number)
        printed, errors = self.process.communicate(timeout=30)
        self.output = printed + errors
        return self.output

    def asked(self) -> list[str]:
        """The commands that the services were given, sorted where they ran side by side."""
        return self._log.read_text().splitlines()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    code = tmp_path / "code"
    for name in (*SERVICES, "gateway"):
        (code / name).mkdir(parents=True)
        (code / name / "__init__.py").touch()
        (code / name / "__main__.py").write_text(SERVICE)
    bootstrap = tmp_path / "deploy" / "local"
    bootstrap.mkdir(parents=True)
    (bootstrap / "bootstrap").symlink_to(ROOT / "deploy" / "local" / "bootstrap")
    return tmp_path


@pytest.fixture
def topology(checkout: Path) -> Topology:
    return Topology.on_free_ports(checkout / "var")


@pytest.fixture
def start(checkout: Path, topology: Topology) -> Iterator[Callable[..., Started]]:
    running: list[subprocess.Popen[str]] = []
    replaced = {name for name in os.environ if name.startswith("DATABASE_URL_")} | {"REDIS_URL", "BROKER_URL"}

    def run(*arguments: str, **environment: str) -> Started:
        log = checkout / "asked.txt"
        process = subprocess.Popen(
            [sys.executable, "-m", "local", "start", "--port-offset", str(topology.offset), *arguments],
            env={name: value for name, value in os.environ.items() if name not in replaced}
            | {"PC_ROOT": str(checkout), "PYTHONPATH": str(checkout / "code"), "FAKE_LOG": str(log), **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        running.append(process)
        return Started(process, topology, checkout, log)

    yield run
    for process in running:
        if process.poll() is None:
            process.kill()
            process.communicate()
    subprocess.run(
        [sys.executable, "-m", "local", "reset", "--yes", "--port-offset", str(topology.offset)],
        env={**os.environ, "PC_ROOT": str(checkout)},
        check=False,
        capture_output=True,
    )


def test_it_starts_tells_where_things_are_and_stops_on_a_signal(
    start: Callable[..., Started], topology: Topology
) -> None:
    first = start("--quiet")
    first.until_up()
    status = subprocess.run(
        [sys.executable, "-m", "local", "status", "--json", "--port-offset", str(topology.offset)],
        capture_output=True,
        text=True,
        check=False,
    )
    report = json.loads(status.stdout)
    assert (status.returncode, report["up"], len(report["processes"])) == (0, True, 9)

    output = first.end(signal.SIGINT)
    assert first.process.returncode == 0, output
    assert f"http://localhost:{topology.gateway_port}/native/docs" in output
    assert "retention_structures@example.com" in output
    asked = first.asked()
    assert sorted(asked[:4]) == [f"{name} migrate" for name in sorted(SERVICES)]
    assert asked[-3:] == ["users sandbox tiny", "offers sandbox tiny", "bookings sandbox tiny"]
    assert not port_is_busy(topology.postgres_port)
    assert not port_is_busy(topology.gateway_port)

    second = start()
    second.until_up()
    assert second.end(signal.SIGTERM)
    assert second.process.returncode == 0
    assert "users sandbox tiny" not in second.asked()[len(asked) :]


def test_a_dead_child_stops_everything_and_is_named(start: Callable[..., Started], topology: Topology) -> None:
    run = start("--quiet")
    run.until_up()
    with contextlib.suppress(OSError):
        urllib.request.urlopen(f"http://127.0.0.1:{topology.worker_port('offers')}/die", timeout=5)
    output = run.end()
    assert run.process.returncode == 1
    assert "offers-worker exited with 9" in output
    assert "out of memory" in output
    assert not port_is_busy(topology.gateway_port)


def test_a_failed_migration_is_told(start: Callable[..., Started]) -> None:
    run = start(FAKE_FAIL="bookings migrate")
    output = run.end()
    assert run.process.returncode == 1
    assert "bookings: no such table" in output
    assert "bookings migrate` failed with 1" in output


def test_a_second_start_names_the_busy_ports(start: Callable[..., Started], topology: Topology) -> None:
    first = start("--quiet")
    first.until_up()
    second = start()
    output = second.end()
    assert second.process.returncode == 1
    assert f"{topology.gateway_port} (gateway)" in output
    assert f"{topology.postgres_port} (PostgreSQL)" in output
    assert first.end(signal.SIGTERM)
    assert first.process.returncode == 0
