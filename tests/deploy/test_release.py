"""A release as docs/operations.md describes it: the new version beside the old, then instead of it, while people book."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable

import httpx

from local.containers import Containers
from tests.deploy.conftest import told
from tests.deploy.load import end, people_at_work
from tests.journeys.documents import Surfaces


def version_of(containers: Containers, container: str) -> str:
    """The tag that a container was made from."""
    return json.loads(containers.engine.call("inspect", container))[0]["Config"]["Image"].rpartition(":")[2]


async def test_a_service_is_released_alone_without_a_failed_request(
    containers: Containers, new_client: Callable[[], httpx.AsyncClient], surfaces: Surfaces
):
    containers.engine.call("tag", f"passculture-bookings:{containers.version}", "passculture-bookings:next")
    old = containers.ids("bookings-api")
    former, containers.version = containers.version, "next"

    async def compose(*arguments: str) -> None:
        status, output, errors = await asyncio.to_thread(containers.capture, *arguments)
        assert status == 0, (errors or output)[-2000:]

    began = time.monotonic()
    try:
        async with people_at_work(new_client, surfaces) as load:
            await compose("run", "--rm", "--no-TTY", "--no-deps", "bookings-migrate-pre")
            scale = f"bookings-api={len(old) * 2}"
            await compose("up", "--detach", "--no-deps", "--no-recreate", "--scale", scale, "--wait", "bookings-api")
            beside = containers.ids("bookings-api")
            assert sorted(version_of(containers, item) for item in beside) == sorted(["next", former] * len(old))
            for container in old:
                status, _ = await asyncio.to_thread(end, containers, container)
                assert status == 0
                containers.engine.call("rm", container)
            await compose("up", "--detach", "--no-deps", "--wait", "bookings-worker")
            await compose("run", "--rm", "--no-TTY", "--no-deps", "bookings-migrate-post")
            for service in ("bookings-api", "bookings-worker"):
                assert {version_of(containers, item) for item in containers.ids(service)} == {"next"}
    finally:
        containers.version = former
        told("a release of bookings under load", began)
    told(f"answers {dict(load.statuses)}", began)
