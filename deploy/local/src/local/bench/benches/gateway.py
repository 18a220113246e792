"""The gateway alone: a request through it, asked of the service directly, and through nginx.

All three ask the same upstream, which answers at once. The gateway does all that it does for an app: it verifies who calls,
counts them, keeps a deadline, writes a line in the log; nginx does the last of these.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from local.bench.benches import upstream
from local.bench.benches.crowd import Person, crowd
from local.bench.benches.nginx import Nginx
from local.bench.figures import Figure, Skipped, Target
from local.bench.load import Load, Request
from local.bench.stage import GATEWAY, Stage
from local.embedded import free_port
from local.topology import Process

CONNECTIONS = 16


def measure(stage: Stage) -> Iterator[Figure]:
    people = crowd(stage).people[:1_000]
    with _upstream(stage) as service, _gateway(stage, service) as gateway:
        small = _requests(people, upstream.SMALL)
        stage.load(gateway[0], small, connections=CONNECTIONS, seconds=stage.size(3, 1)).check("gateway")
        load, cpu = _measured(stage, gateway, small)
        yield Figure(
            "CPU a request", cpu, "µs", Target("<=", 100), note=f"an identity, 1.2 kB of JSON; {len(people)} callers"
        )
        _, streamed = _measured(stage, gateway, _requests(people, upstream.STREAMED))
        yield Figure("CPU a streamed answer", streamed, "µs", note="64 kB in chunks")
        _, posted = _measured(
            stage, gateway, [Request(upstream.POSTED, "POST", person.headers, "z" * 1_000) for person in people]
        )
        yield Figure("CPU a request with a body", posted, "µs", note="1 kB posted")
        direct = stage.load(service, small, connections=CONNECTIONS).check("upstream")
        yield from _times("directly", direct)
        yield from _times("through the gateway", load)
        yield from _nginx(stage, service, small)


def _nginx(stage: Stage, service: str, small: list[Request]) -> Iterator[Figure]:
    try:
        with stage.cpus.for_servers():
            nginx = Nginx(int(service.rpartition(":")[2]))
            nginx.start()
    except Skipped as reason:
        yield Figure("through nginx", 0, "", note=f"skipped: {reason}")
        return
    with nginx:
        address = f"http://127.0.0.1:{nginx.port}"
        stage.load(address, small, connections=CONNECTIONS, seconds=1).check("nginx")
        with stage.measured(beside={"nginx": nginx.pid or 0}) as used:
            load = stage.load(address, small, connections=CONNECTIONS).check("nginx")
    yield Figure("CPU a request of nginx", used.of("nginx") * 1e6 / load.requests, "µs", note="no identity, no limits")
    yield from _times("through nginx", load)


def _requests(people: tuple[Person, ...], path: str) -> list[Request]:
    return [Request(path, headers=person.headers) for person in people]


def _measured(stage: Stage, gateway: tuple[str, int], requests: list[Request]) -> tuple[Load, float]:
    """The load, and µs of the gateway's CPU a request."""
    address, pid = gateway
    with stage.measured(beside={"measured": pid}) as used:
        load = stage.load(address, requests, connections=CONNECTIONS).check("gateway")
    return load, used.of("measured") * 1e6 / load.requests


def _times(how: str, load: Load) -> Iterator[Figure]:
    yield Figure(f"p50 {how}", load.p50, "ms", waited=True, note=f"p99 {load.p99:.2f} ms, {load.rate:.0f} requests/s")


@contextmanager
def _upstream(stage: Stage) -> Iterator[str]:
    """The quick service; its address."""
    port = free_port()
    command = (sys.executable, "-m", "local.bench.benches.upstream", str(port))
    with stage.beside(Process("bench-upstream", command, port, "/health/ready")):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def _gateway(stage: Stage, service: str) -> Iterator[tuple[str, int]]:
    """A second gateway, for which the quick service is `bookings`; its address and pid."""
    port = free_port()
    process = stage.like(
        GATEWAY,
        GATEWAY_PORT=str(port),
        BOOKINGS_URL=service,
        GATEWAY_STATE_DIR=str(stage.platform.topology.var / "gateway-2"),
    )
    with stage.beside(process) as pid:
        yield f"http://127.0.0.1:{port}", pid
