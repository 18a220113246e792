"""An engineer who knows docs/operations.md alone adds a column to bookings and ships it: no request fails meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest

from local.libraries import check_libraries
from local.platform import Platform
from local.topology import SERVICES, Process
from local.trial import running_platform
from tests.journeys.documents import Surfaces
from tests.journeys.people import portal, signed_in, until
from tests.journeys.stage import booked, thing_for_sale

ROOT = Path(__file__).parents[2]
# Longer than the gateway keeps idle connections: it has given all of them up when the old process closes its door.
LEAVE_SECONDS = 5.0


@pytest.fixture
def checkout(tmp_path: Path) -> Iterator[Path]:
    """The engineer's own checkout, with our environment's Python."""
    folder = tmp_path / "checkout"
    subprocess.run(["git", "worktree", "add", "--detach", "--force", str(folder), "HEAD"], cwd=ROOT, check=True)  # noqa: S603, S607
    yield folder
    subprocess.run(["git", "worktree", "remove", "--force", str(folder)], cwd=ROOT, check=True)  # noqa: S603, S607


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    check_libraries()
    environment = {"SHARE_PORT": "true", "LEAVE_SECONDS": str(LEAVE_SECONDS)}
    with running_platform(tmp_path / "platform", environment=environment) as running:
        yield running


class Recipe:
    """The script, and processes of the new version, in the engineer's checkout."""

    def __init__(self, checkout: Path, platform: Platform) -> None:
        self.checkout, self.platform = checkout, platform
        sources = [checkout / "shared" / "src", checkout / "gateway" / "src", checkout / "deploy" / "local" / "src"]
        sources += [checkout / "services" / name / "src" for name in SERVICES]
        self.environment = {
            **platform.servers.environment,
            "PYTHONPATH": os.pathsep.join(map(str, sources)),
            "PYTHON": sys.executable,
            "PC_SERVICE_FOLDER": str(checkout / "services" / "bookings"),
        }

    def step(self, name: str) -> None:
        ran = subprocess.run(  # noqa: S603
            [str(self.checkout / "docs" / "examples" / "add_a_column.sh"), name],
            env={**os.environ, **self.environment},
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr

    def roll(self, part: str) -> None:
        """Begin the new version of a part beside the old one, then end the old one. From the main thread."""
        old = next(process for process in self.platform.known if process.name == f"bookings-{part}")
        port = old.port if part == "api" else old.port + 1_000
        ready = f"http://127.0.0.1:{port}/health/ready"
        new = Process(
            f"bookings-{part}-new",
            old.command,
            port,
            old.ready_path,
            {**self.environment, "API_PORT": str(old.port), "WORKER_PORT": str(port)},
        )
        self.platform.processes.start(new)
        self._wait_until_up(new, ready)
        self.platform.halt(old.name, signal.SIGTERM)

    def _wait_until_up(self, new: Process, ready: str) -> None:
        """Until the process listens itself (on a shared port the old one would answer too) and somebody is ready."""
        pid = self.platform.processes.pids()[new.name]

        async def up() -> bool:
            self.platform.check()
            if not listens(pid, new.port):
                return False
            async with httpx.AsyncClient() as client:
                return (await client.get(ready)).status_code == 200

        asyncio.run(until(up, deadline=60))


def listens(pid: int, port: int) -> bool:
    """Whether that very process has a socket that listens on the port."""
    listening = {
        fields[9]
        for fields in (line.split() for line in Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:])
        if fields[3] == "0A" and int(fields[1].rpartition(":")[2], 16) == port
    }
    held = set()
    for handle in Path(f"/proc/{pid}/fd").iterdir():
        # The process opens and closes files while we look.
        with contextlib.suppress(FileNotFoundError):
            held.add(os.readlink(handle))
    return any(f"socket:[{inode}]" in held for inode in listening)


class Crowd:
    """People who read, book and cancel until told to stop, in a thread and loop of their own."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.statuses: Counter[str] = Counter()
        self.failures: list[str] = []
        self.sold: dict[str, int] = {}
        self._stop = asyncio.Event()

    async def prepare(self) -> None:
        async with httpx.AsyncClient(base_url=self.url, timeout=30.0) as client:
            partner = await portal(client, Surfaces())
            sale = await thing_for_sale(partner, "Encre de Chine", quantity=1_000)
        async with httpx.AsyncClient(base_url=self.url, timeout=30.0) as client:
            person = await signed_in(client, Surfaces())
            first = await booked(person, sale.stock_id)
            await person.call("POST", f"/native/v1/bookings/{first}/cancel", 204)
            self.headers = person.headers
        self.sold = {"stockId": sale.stock_id, "quantity": 1}

    async def work(self, until_told: asyncio.Event) -> None:
        async with httpx.AsyncClient(base_url=self.url, timeout=30.0, headers=self.headers) as client:
            while not until_told.is_set():
                made = await self._ask(client, "POST", "/native/v1/bookings", json=self.sold)
                if made is not None and made.status_code == 200:
                    await self._ask(client, "POST", f"/native/v1/bookings/{made.json()['bookingId']}/cancel")
                await self._ask(client, "GET", "/native/v2/bookings/ended")

    async def _ask(
        self, client: httpx.AsyncClient, method: str, path: str, json: dict[str, int] | None = None
    ) -> httpx.Response | None:
        try:
            answer = await client.request(method, path, json=json)
        except httpx.HTTPError as error:
            self.failures.append(f"{method} {path}: {error!r}")
            return None
        self.statuses[f"{method} {answer.status_code}"] += 1
        if answer.status_code not in (200, 204):
            self.failures.append(f"{method} {path}: {answer.status_code} {answer.text[:200]}")
        return answer


@pytest.mark.xdist_group("column")
def test_a_column_is_shipped_and_nobody_notices(checkout: Path, platform: Platform) -> None:
    recipe = Recipe(checkout, platform)
    crowd = Crowd(f"http://localhost:{platform.topology.gateway_port}")
    asyncio.run(crowd.prepare())
    loop, told = asyncio.new_event_loop(), asyncio.Event()
    people = threading.Thread(target=lambda: loop.run_until_complete(crowd.work(told)))
    people.start()
    try:
        recipe.step("change")
        recipe.step("before")
        recipe.roll("api")
        recipe.roll("worker")
        recipe.step("after")
        served = sum(crowd.statuses.values())
        asyncio.run(until(lambda: _more(crowd, served + 20), deadline=60))
    finally:
        loop.call_soon_threadsafe(told.set)
        people.join(60)
        loop.close()
    assert crowd.failures == []
    assert crowd.statuses["POST 200"] > 10
    with psycopg.connect(platform.servers.environment["DATABASE_URL_BOOKINGS"]) as connection:
        row = connection.execute("SELECT count(*), count(note) FROM booking").fetchone()
    assert row is not None
    assert (row[0] > 10, row[1]) == (True, 0)


async def _more(crowd: Crowd, number: int) -> bool:
    return sum(crowd.statuses.values()) >= number
