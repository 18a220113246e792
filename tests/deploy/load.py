"""People at work while containers come and go, and how containers are made to."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import httpx

from local.containers import Containers
from tests.journeys.documents import Surfaces
from tests.journeys.people import Caller, portal, signed_in, until
from tests.journeys.stage import ForSale, booked, thing_for_sale

#: What a container may take to end: `stop_grace_period` of deploy/compose.yaml.
GRACE_SECONDS = 30
BOOKERS, READERS = 2, 2


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


@asynccontextmanager
async def people_at_work(new_client: Callable[[], httpx.AsyncClient], surfaces: Surfaces) -> AsyncIterator[Load]:
    """Some book and cancel, some read, until the block ends; then nobody may have met a failure."""
    partner = await portal(new_client(), surfaces)
    sales = [await thing_for_sale(partner, f"Gomme {number}", price=0.5, quantity=None) for number in range(BOOKERS)]
    people = [await signed_in(new_client(), surfaces) for _ in range(BOOKERS + READERS)]
    for person, sale in zip(people, sales, strict=False):
        booking_id = await booked(person, sale.stock_id)
        await person.call("POST", f"/native/v1/bookings/{booking_id}/cancel", 204)
    load = Load()
    async with asyncio.TaskGroup() as group:
        for person, sale in zip(people, sales, strict=False):
            group.create_task(load.book(person, sale))
        for person in people[BOOKERS:]:
            group.create_task(load.read(person))
        try:
            yield load
        finally:
            load.stop.set()
    assert load.failures == []
    assert load.statuses["POST 200"] > 10
    assert load.statuses["POST 204"] > 10
    assert load.statuses["GET 200"] > 10
