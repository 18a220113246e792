"""A service that hangs takes nothing with it: its own routes are refused in time, and bookings keep their latency."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from statistics import quantiles

import httpx
import pytest

from local.platform import Platform
from tests.journeys.people import Caller, portal, signed_in, until
from tests.journeys.stage import booked, thing_for_sale

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("platform")]

ROUNDS = 100
# The gateway's own bounds (gateway.settings): connections to one service, seconds in line for one, and to answer.
POOL, LINE_SECONDS, DEADLINE = 100, 3.0, 10.0
CROWD = POOL + 50
SLACK = 0.05


@contextmanager
def asleep(platform: Platform, *names: str) -> Iterator[None]:
    """Processes that are there and do nothing: connections to them open, and nothing is answered."""
    pids = [platform.processes.pids()[name] for name in names]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


class Crowd:
    """People who ask a service that does not answer, again and again, and what they hear.

    Over bare sockets: a hundred answers at once must not keep this process from measuring somebody else's.
    """

    def __init__(self, url: str, path: str, headers: dict[str, str]) -> None:
        self.url, self.path = httpx.URL(url), path
        lines = [f"GET {path} HTTP/1.1", f"host: {self.url.netloc.decode()}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self._request = ("\r\n".join(lines) + "\r\n\r\n").encode()
        self.statuses: Counter[int] = Counter()
        self.slowest = 0.0
        self._leaves = False

    async def _insist(self) -> None:
        reader, writer = await asyncio.open_connection(self.url.host, self.url.port)
        while not self._leaves:
            started = time.monotonic()
            writer.write(self._request)
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            await reader.readexactly(int(re.findall(r"content-length: (\d+)", head)[0]))
            self.slowest = max(self.slowest, time.monotonic() - started)
            self.statuses[int(head.split(" ")[1])] += 1
            assert re.search(r"retry-after: \d+", head), head
        writer.close()

    @asynccontextmanager
    async def asking(self) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(self._insist()) for _ in range(CROWD)]
        yield
        self._leaves = True
        await asyncio.gather(*tasks)


async def busy_connections(url: str, service: str) -> int:
    """How many connections to a service are in use, as the gateway's metrics say."""
    async with httpx.AsyncClient(base_url=url, timeout=30.0) as client:
        told = (await client.get("/metrics")).text
    found = re.search(rf'gateway_upstream_connections{{service="{service}",state="busy"}} (\d+)', told)
    assert found, told[:500]
    return int(found[1])


async def p95_of_bookings(person: Caller, stock_id: int) -> float:
    """Seconds within which 95 of a hundred bookings of a quiet person are answered."""
    seconds = []
    for _ in range(ROUNDS):
        started = time.monotonic()
        body = {"stockId": stock_id, "quantity": 1}
        made = await person.call("POST", "/native/v1/bookings", 200, json=body)
        seconds.append(time.monotonic() - started)
        await person.call("POST", f"/native/v1/bookings/{made.json()['bookingId']}/cancel", 204)
    return quantiles(seconds, n=20, method="inclusive")[-1]


@pytest.mark.parametrize(
    ("service", "path"), [("offers", "/native/v1/venue/{venue_id}"), ("users", "/native/v1/settings")]
)
async def test_a_service_that_hangs_leaves_bookings_their_latency(
    new_client, surfaces, platform, gateway_url, service: str, path: str
) -> None:
    partner = await portal(new_client(), surfaces)
    sold = await thing_for_sale(partner, f"Carnet contre {service}", price=1.0, quantity=None)
    person = await signed_in(new_client(), surfaces)
    await person.call("POST", f"/native/v1/bookings/{await booked(person, sold.stock_id)}/cancel", 204)
    await partner.get("/bookings/pro/userHasBookings")
    before = await p95_of_bookings(person, sold.stock_id)

    crowd = Crowd(gateway_url, path.format(venue_id=sold.venue_id), dict(person.headers))

    async def is_full() -> bool:
        return await busy_connections(gateway_url, service) >= POOL

    with asleep(platform, f"{service}-api", f"{service}-worker"):
        async with crowd.asking():
            await until(is_full, deadline=60.0)
            during = await p95_of_bookings(person, sold.stock_id)
            assert await busy_connections(gateway_url, service) <= POOL
            # The portal's session was known: the desk goes on too.
            await partner.get("/bookings/pro/userHasBookings")
    print(f"{service} hangs: p95 of bookings {before * 1e3:.1f} ms, then {during * 1e3:.1f} ms; {crowd.statuses}")  # noqa: T201
    assert during <= 2 * before + SLACK
    assert set(crowd.statuses) <= {503, 504}
    assert crowd.statuses.total() >= CROWD
    # In line, then until the deadline; the rest is this machine's.
    assert crowd.slowest <= LINE_SECONDS + DEADLINE + 5

    async def back() -> bool:
        return (await person.call("GET", crowd.path)).status_code == 200

    await until(back)
    assert await until(lambda: asyncio.to_thread(platform.is_ready))
    assert await busy_connections(gateway_url, service) <= POOL
