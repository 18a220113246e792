"""Every process ends when it is asked to, with 0, within its grace; last, since nothing runs afterwards."""

from __future__ import annotations

import json

import pytest

from local.containers import Containers
from local.topology import SERVICES
from tests.deploy.load import GRACE_SECONDS, end

PROCESSES = ("gateway", *(f"{service}-{part}" for service in SERVICES for part in ("api", "worker")))


@pytest.mark.parametrize("name", PROCESSES)
def test_a_process_was_never_restarted_by_itself_and_ends_with_zero(containers: Containers, name: str):
    for container in containers.ids(name):
        found = json.loads(containers.engine.call("inspect", container))[0]
        assert (found["RestartCount"], found["State"]["OOMKilled"]) == (0, False)
        status, took = end(containers, container)
        assert (status, took < GRACE_SECONDS) == (0, True)
