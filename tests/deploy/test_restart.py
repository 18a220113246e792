"""A service is restarted, replica by replica, while people book: nobody notices."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import httpx

from local.containers import Containers
from tests.deploy.conftest import told
from tests.deploy.load import GRACE_SECONDS, begin, end, people_at_work
from tests.journeys.documents import Surfaces
from tests.journeys.people import portal, signed_in, until
from tests.journeys.stage import booked, thing_for_sale


async def test_no_request_fails_while_replicas_are_restarted(
    containers: Containers, new_client: Callable[[], httpx.AsyncClient], surfaces: Surfaces
):
    began = time.monotonic()
    async with people_at_work(new_client, surfaces) as load:
        replicas = containers.ids("bookings-api")
        assert len(replicas) == 2
        for replica in replicas:
            answered = load.statuses.total()
            status, took = await asyncio.to_thread(end, containers, replica)
            assert (status, took < GRACE_SECONDS) == (0, True)
            await begin(containers, replica)
            assert load.statuses.total() > answered
    told(f"two replicas restarted under load, answers {dict(load.statuses)}", began)


async def test_a_worker_ends_with_its_batch_and_what_waited_arrives(
    containers: Containers,
    new_client: Callable[[], httpx.AsyncClient],
    surfaces: Surfaces,
    mailbox: httpx.AsyncClient,
):
    partner = await portal(new_client(), surfaces)
    sale = await thing_for_sale(partner, "Encre de Chine", price=1.0)
    person = await signed_in(new_client(), surfaces)
    for service in ("bookings-worker", "documents-worker"):
        [worker] = containers.ids(service)
        status, took = await asyncio.to_thread(end, containers, worker)
        assert (status, took < GRACE_SECONDS) == (0, True)
        if service == "bookings-worker":
            await begin(containers, worker)
    await booked(person, sale.stock_id)
    [worker] = containers.ids("documents-worker")
    await begin(containers, worker)

    async def mailed() -> bool:
        answer = (await mailbox.get("/mailbox.json")).json()
        return any("Encre de Chine" in str(mail) for mail in answer["mails"])

    assert await until(mailed, deadline=60.0)


async def test_the_gateway_ends_with_zero(containers: Containers):
    [gateway] = containers.ids("gateway")
    status, took = await asyncio.to_thread(end, containers, gateway)
    assert (status, took < GRACE_SECONDS) == (0, True)
    await begin(containers, gateway)
