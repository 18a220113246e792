"""A service is restarted, replica by replica, while people book: nobody notices."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import Callable

import httpx

from local.containers import Containers
from tests.deploy.conftest import told
from tests.journeys.documents import Surfaces
from tests.journeys.people import Caller, portal, signed_in, until
from tests.journeys.stage import ForSale, booked, thing_for_sale

#: What a container may take to end: `stop_grace_period` of deploy/compose.yaml.
GRACE_SECONDS = 30
BOOKERS, READERS = 3, 3


class Load:
    """People at work until told to stop; every answer is counted, and one that is not a success is kept."""

    def __init__(self) -> None:
        self.stop = asyncio.Event()
        self.statuses: Counter[str] = Counter()
        self.failures: list[str] = []

    async def ask(self, person: Caller, method: str, path: str, **options: object) -> httpx.Response | None:
        """One request, its answer counted; None when there was none."""
        try:
            answer = await person.client.request(method, path, headers=person.headers, **options)  # type: ignore[arg-type]
        except httpx.HTTPError as error:
            self.failures.append(f"{method} {path}: {error!r}")
            return None
        self.statuses[f"{method} {answer.status_code}"] += 1
        if answer.status_code not in (200, 204):
            self.failures.append(f"{method} {path}: {answer.status_code} {answer.text[:300]}")
        return answer

    async def book(self, person: Caller, sale: ForSale) -> None:
        """Book and cancel, again and again: requests that may not be sent twice."""
        while not self.stop.is_set():
            made = await self.ask(person, "POST", "/native/v1/bookings", json={"stockId": sale.stock_id, "quantity": 1})
            if made is not None and made.status_code == 200:
                await self.ask(person, "POST", f"/native/v1/bookings/{made.json()['bookingId']}/cancel")

    async def read(self, person: Caller) -> None:
        while not self.stop.is_set():
            await self.ask(person, "GET", "/native/v2/bookings")


def end(containers: Containers, container: str) -> tuple[int, float]:
    """Stop a container as a release does; its exit status and how long it took."""
    began = time.monotonic()
    containers.engine.call("stop", "--time", str(GRACE_SECONDS), container)
    took = time.monotonic() - began
    return json.loads(containers.engine.call("inspect", container))[0]["State"]["ExitCode"], took


async def begin(containers: Containers, container: str) -> None:
    """Start it again and wait until its health check is content."""
    await asyncio.to_thread(containers.engine.call, "start", container)

    async def healthy() -> bool:
        state = await asyncio.to_thread(containers.engine.call, "inspect", container)
        return json.loads(state)[0]["State"]["Health"]["Status"] == "healthy"

    await until(healthy, deadline=180.0)


async def test_no_request_fails_while_replicas_are_restarted(
    containers: Containers, new_client: Callable[[], httpx.AsyncClient], surfaces: Surfaces
):
    partner = await portal(new_client(), surfaces)
    sales = [await thing_for_sale(partner, f"Gomme {number}", price=0.5, quantity=None) for number in range(BOOKERS)]
    people = [await signed_in(new_client(), surfaces) for _ in range(BOOKERS + READERS)]
    for person, sale in zip(people, sales, strict=False):
        booking_id = await booked(person, sale.stock_id)
        await person.call("POST", f"/native/v1/bookings/{booking_id}/cancel", 204)

    load = Load()
    began = time.monotonic()
    async with asyncio.TaskGroup() as group:
        for person, sale in zip(people, sales, strict=False):
            group.create_task(load.book(person, sale))
        for person in people[BOOKERS:]:
            group.create_task(load.read(person))
        try:
            replicas = containers.ids("bookings-api")
            assert len(replicas) == 2
            for replica in replicas:
                answered = load.statuses.total()
                status, took = await asyncio.to_thread(end, containers, replica)
                assert (status, took < GRACE_SECONDS) == (0, True)
                await begin(containers, replica)
                assert load.statuses.total() > answered
        finally:
            load.stop.set()
    told(f"two replicas restarted under load, answers {dict(load.statuses)}", began)
    assert load.failures == []
    assert load.statuses["POST 200"] > 10
    assert load.statuses["POST 204"] > 10
    assert load.statuses["GET 200"] > 10


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
