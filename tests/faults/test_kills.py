"""Processes die at any moment, and come back: killed, asleep too long, replaced one after the other under load."""

from __future__ import annotations

import os
import signal

import pytest

from local.embedded import free_port
from local.topology import SERVICES
from tests.faults.stage import Stage

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("faults")]

PROCESSES = [*(f"{service}-{kind}" for service in SERVICES for kind in ("api", "worker")), "gateway"]
QUICK = {"bookings-api", "bookings-worker", "gateway"}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.quick] if name in QUICK else []) for name in PROCESSES]
)
def test_a_killed_process(stage: Stage, name: str) -> None:
    with stage.load() as load:
        load.goes_on(20)
        stage.platform.halt(name, signal.SIGKILL)
        stage.platform.restart(name)
        load.goes_on(20)
    stage.rests()


@pytest.mark.parametrize("service", [pytest.param("bookings", marks=pytest.mark.quick), "offers", "users", "documents"])
def test_a_worker_asleep_past_the_claim_time(stage: Stage, service: str) -> None:
    """Another takes over what it held; when it wakes up in the middle of its work, nothing happens a second time."""
    name = f"{service}-worker"
    beside = stage.platform.begin_beside(name, {"WORKER_PORT": str(free_port())})
    try:
        with stage.load() as load:
            load.goes_on(20)
            pid = stage.sleeper(name)
            try:
                stage.until(lambda: stage.held_by(service, pid) == 0)
                load.goes_on(20)
            finally:
                os.kill(pid, signal.SIGCONT)
            load.goes_on(20)
        stage.rests()
    finally:
        stage.platform.halt(beside.name)


@pytest.mark.quick
def test_two_relays_at_once(stage: Stage) -> None:
    """Of two workers one relays; when it loses its lock, or its life, the other does, and nothing is told twice."""
    beside = stage.platform.begin_beside("bookings-worker", {"WORKER_PORT": str(free_port())})
    try:
        with stage.load() as load:
            for _ in range(3):
                load.goes_on(15)
                # Takes the lock away from under the one that holds it, whichever that is.
                stage.until(lambda: stage.drop_relay("bookings") == 1)
            stage.platform.halt("bookings-worker", signal.SIGKILL)
            load.goes_on(15)
            stage.platform.restart("bookings-worker")
            load.goes_on(15)
        stage.rests()
    finally:
        stage.platform.halt(beside.name)


def test_a_rolling_restart_of_every_process(stage: Stage) -> None:
    """What a release does, one process at a time: nobody is told anything wrong."""
    with stage.load() as load:
        load.goes_on(20)
        for name in PROCESSES:
            stage.platform.halt(name)
            stage.platform.restart(name)
            load.goes_on(5)
    stage.rests()


def test_every_process_is_killed_at_once(stage: Stage) -> None:
    with stage.load() as load:
        load.goes_on(20)
        for name in PROCESSES:
            stage.platform.halt(name, signal.SIGKILL)
        for name in PROCESSES:
            stage.platform.begin(name)
        stage.platform.wait_ready()
        load.goes_on(20)
    stage.rests()


def test_one_session_relays(stage: Stage) -> None:
    """What the tests of relays rest on."""
    for service in SERVICES:
        stage.until(lambda service=service: stage.relays(service) == 1)
