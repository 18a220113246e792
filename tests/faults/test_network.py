"""The line between a service and its servers stalls, or is cut; what was on it may be lost or may be late."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.faults.proxy import Proxy
from tests.faults.stage import Stage

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("faults")]

LINES = [
    ("bookings-api", "database"),
    ("bookings-worker", "database"),
    ("bookings-worker", "broker"),
    ("offers-worker", "broker"),
    ("documents-worker", "database"),
    ("gateway", "broker"),
]


def lines(quick: tuple[str, str]) -> list[Any]:
    """All of them, one of which is tried in every run."""
    return [
        pytest.param(*line, marks=[pytest.mark.quick] if line == quick else [], id="-".join(line)) for line in LINES
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


@pytest.mark.parametrize(("name", "server"), lines(quick=("bookings-worker", "broker")))
def test_the_line_is_cut(stage: Stage, name: str, server: str) -> None:
    """Every connection is reset in the middle of what it does, and for a while no other can be made."""
    with line_of(stage, name, server) as proxy:
        with stage.load() as load:
            load.goes_on(30)
            for _ in range(3):
                proxy.cut()
                stage.until(lambda: proxy.refused > 0)
                proxy.mend()
                load.goes_on(15)
        stage.rests()


@pytest.mark.parametrize(("name", "server"), lines(quick=("bookings-api", "database")))
def test_the_line_stalls(stage: Stage, name: str, server: str) -> None:
    """Nothing arrives and nobody is told; later all of it arrives at once, when nobody waits for it any more."""
    with line_of(stage, name, server) as proxy:
        with stage.load() as load:
            load.goes_on(30)
            proxy.stall()
            stage.until(lambda: proxy.waiting > 0)
            if (name, server) == ("bookings-api", "database"):
                # Long enough for clients and the gateway to give up.
                stage.until(lambda: stage.seen.doubts > stage.doubted + 3)
            else:
                load.goes_on(30)
            proxy.flow()
            load.goes_on(30)
        stage.rests()


@pytest.mark.parametrize("name", ["bookings-worker", "offers-worker"])
def test_a_broker_that_never_answers_again(stage: Stage, name: str) -> None:
    """The connections stand and are silent for ever, as after a lost route: the worker gives them up by itself."""
    with line_of(stage, name, "broker") as proxy:
        with stage.load() as load:
            load.goes_on(30)
            proxy.freeze()
            load.goes_on(30)
            stage.until(lambda: proxy.thawed > 0)
            load.goes_on(30)
        stage.rests()
