"""The line between a service and its servers stalls, or is cut; what was on it may be lost or may be late."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.faults.proxy import Proxy
from tests.faults.stage import Stage

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("faults")]

LINES = [
    pytest.param("bookings-api", "database", marks=pytest.mark.quick),
    pytest.param("bookings-worker", "broker", marks=pytest.mark.quick),
    ("bookings-worker", "database"),
    ("offers-worker", "broker"),
    ("documents-worker", "database"),
    ("gateway", "broker"),
]


@contextmanager
def line_of(stage: Stage, name: str, server: str) -> Iterator[Proxy]:
    """The process, started again with a proxy on its way to a server; at the end it goes there directly again."""
    topology = stage.platform.topology
    with Proxy(topology.postgres_port if server == "database" else topology.valkey_port) as proxy:
        variable = f"DATABASE_URL_{name.partition('-')[0].upper()}" if server == "database" else "REDIS_URL"
        port = topology.postgres_port if server == "database" else topology.valkey_port
        address = stage.environment[variable].replace(f":{port}/", f":{proxy.port}/")
        stage.platform.halt(name)
        stage.platform.restart(name, {variable: address})
        try:
            yield proxy
        finally:
            proxy.flow()
            proxy.mend()
            stage.platform.halt(name)
            stage.platform.restart(name)


@pytest.mark.parametrize(("name", "server"), LINES)
def test_a_line_is_cut_and_stalls(stage: Stage, name: str, server: str) -> None:
    """First every connection is reset in the middle of what it does, and for a while no other can be made. Then nothing
    arrives and nobody is told; later all of it arrives at once, when nobody waits for it any more.
    """
    with line_of(stage, name, server) as proxy:
        with stage.load() as load:
            load.goes_on(15)
            for _ in range(2):
                proxy.cut()
                stage.until(lambda: proxy.refused > 0)
                proxy.mend()
                load.goes_on(10)
            stage.doubted = stage.seen.doubts
            proxy.stall()
            stage.until(lambda: proxy.waiting > 0)
            if (name, server) == ("bookings-api", "database"):
                # Long enough for the gateway to give up.
                stage.until(lambda: stage.seen.doubts > stage.doubted + 3)
            else:
                load.goes_on(15)
            proxy.flow()
            load.goes_on(20)
        stage.rests()


@pytest.mark.parametrize("name", ["bookings-worker", "offers-worker"])
def test_a_broker_that_never_answers_again(stage: Stage, name: str) -> None:
    """The connections stand and are silent for ever, as after a lost route: the worker gives them up by itself."""
    with line_of(stage, name, "broker") as proxy:
        with stage.load() as load:
            load.goes_on(15)
            proxy.freeze()
            load.goes_on(15)
            stage.until(lambda: proxy.thawed > 0)
            load.goes_on(15)
        stage.rests()
