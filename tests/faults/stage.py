"""The platform that is broken on purpose, its people, and how a test goes: load, a fault, rest, audit."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import os
import random
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import psycopg
from redis import Redis

from local.audit import Auditor, Report, auditor
from local.platform import Platform
from shared.database.locks import lock_key
from tests.faults.load import Load, Partner, Person
from tests.faults.seen import Described, Seen
from tests.faults.truth import contradictions
from tests.journeys.crowd import beneficiaries
from tests.journeys.documents import Surfaces
from tests.journeys.people import PORTAL_ORIGIN, Caller, portal, signed_in, until
from tests.journeys.stage import thing_for_sale

log = logging.getLogger(__name__)

PEOPLE = 10
STOCKS = 4
PRICE_CENTS = 10
#: How long the platform may take to come to rest. A quiet machine needs a second or two.
REST_SECONDS = 240.0

#: Handlers that do more than replicate. Two are compared by mirrors; the search index has tests of its own.
KNOWN_TO_ACT = {
    "bookings.inventory.subscribers.follow_stock",
    "bookings.wallet.subscribers.follow_deposit",
    "offers.search.subscribers.follow_inventory",
}


_HOLDERS = """
SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1
AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
AND classid = %(high)s AND objid = %(low)s"""


def _key(service: str) -> dict[str, int]:
    """The relay's lock as `pg_locks` shows it: two halves, unsigned."""
    key = lock_key(f"relay.{service}") % 2**64
    return {"high": key >> 32, "low": key & 0xFFFF_FFFF}


@dataclass
class Stage:
    """One running platform and everything that its clients saw, over all tests."""

    platform: Platform
    people: list[Person] = field(default_factory=list)
    partner: Partner | None = None
    seen: Seen = field(default_factory=Seen)
    expected_dead: list[bytes] = field(default_factory=list)
    number: int = 0
    #: How many requests had left their clients in doubt when the running load began.
    doubted: int = 0

    @property
    def url(self) -> str:
        return f"http://localhost:{self.platform.topology.gateway_port}"

    @property
    def environment(self) -> dict[str, str]:
        """The addresses of the databases and of the broker, not by way of any proxy."""
        return self.platform.servers.environment

    def open(self) -> None:
        """Accounts for everybody, and their sign-ins."""
        asyncio.run(self._open())

    def load(self) -> Load:
        """Load on offers of its own. The seed is printed: FAULTS_SEED repeats who does what, not when."""
        assert self.partner is not None
        seed = int(os.environ.get("FAULTS_SEED", random.SystemRandom().getrandbits(32)))
        log.warning("FAULTS_SEED=%d", seed)
        stocks = asyncio.run(self._for_sale())
        self.doubted = self.seen.doubts
        return Load(self.url, self.people, self.partner, stocks, self.seen, seed)

    def rests(self, seconds: float = REST_SECONDS) -> Report:
        """Wait until nothing is on its way any more and every process is ready, then audit. Asserts that all is well."""
        report = asyncio.run(self._rest(seconds))
        wrong = asyncio.run(contradictions(self.environment, self.seen))
        assert not self.seen.wrong, self.seen.wrong[:10]
        assert not wrong, wrong[:10]
        assert not report.broken, "\n".join(report.lines())
        assert sorted(letter.data for letter in report.dead) == sorted(self.expected_dead), "\n".join(report.lines())
        assert report.skipped <= KNOWN_TO_ACT, report.skipped
        return report

    def sleeper(self, name: str) -> int:
        """Stop a worker in the middle of its work: it holds entries that it has not acknowledged. Its process id."""
        service = name.partition("-")[0]
        pid = self.platform.processes.pids()[name]

        def caught() -> bool:
            os.kill(pid, signal.SIGSTOP)
            if self.held_by(service, pid):
                return True
            os.kill(pid, signal.SIGCONT)
            return False

        self.until(caught)
        return pid

    def held_by(self, service: str, pid: int) -> int:
        """How many entries the worker with this process id has read and not acknowledged."""
        found = 0
        with Redis.from_url(self.environment["REDIS_URL"]) as redis:
            for stream in self._streams(redis, service):
                consumers: list[Any] = redis.xinfo_consumers(stream, service)  # type: ignore[assignment]
                found += sum(item["pending"] for item in consumers if f"-{pid}" in item["name"].decode())
        return found

    @staticmethod
    def _streams(redis: Redis, service: str) -> list[str]:
        """The streams that a service reads."""
        names = [name.decode() for name in redis.scan_iter("*.*", _type="stream")]
        return [name for name in names if any(item["name"] == service.encode() for item in redis.xinfo_groups(name))]

    def drop_relay(self, service: str) -> int:
        """End the session that holds the relay's lock, from the database's side; how many there were."""
        with psycopg.connect(self.environment[f"DATABASE_URL_{service.upper()}"]) as connection:
            held = connection.execute(_HOLDERS, _key(service)).fetchall()
            for (pid,) in held:
                connection.execute("SELECT pg_terminate_backend(%s)", (pid,))
            return len(held)

    def relays(self, service: str) -> int:
        """How many sessions hold the relay's lock."""
        with psycopg.connect(self.environment[f"DATABASE_URL_{service.upper()}"]) as connection:
            return len(connection.execute(_HOLDERS, _key(service)).fetchall())

    def until(self, question: Callable[[], bool], seconds: float = REST_SECONDS) -> None:
        """Ask until it is so."""
        deadline = time.monotonic() + seconds
        while not question():
            assert time.monotonic() < deadline, "it did not become so in time"
            time.sleep(0.05)

    async def _rest(self, seconds: float) -> Report:
        async with auditor(self.environment) as found:
            await until(lambda: asyncio.to_thread(self.platform.is_ready), deadline=seconds)
            await self._settled(found, seconds)
            return await found.report()

    @staticmethod
    async def _settled(found: Auditor, seconds: float) -> None:
        last: list[str] = []

        async def settled() -> bool:
            nonlocal last
            last = await found.unsettled()
            return not last

        try:
            await until(settled, deadline=seconds, pause=0.25)
        except TimeoutError:
            raise AssertionError(f"still on its way after {seconds:.0f} s: {last}") from None

    async def _open(self) -> None:
        surfaces = Surfaces()
        emails = await beneficiaries(self.platform, PEOPLE)
        async with httpx.AsyncClient(base_url=self.url, timeout=30.0) as client:
            for email in emails:
                person = await signed_in(client, surfaces, email)
                self.people.append(Person(_subject(person.headers["Authorization"]), person.headers))
        async with httpx.AsyncClient(base_url=self.url, timeout=30.0) as client:
            caller = await portal(client, surfaces)
            self.partner = Partner(dict(client.cookies), caller.headers)

    async def _for_sale(self) -> list[Described]:
        """New things for sale, which everybody's booking would find."""
        assert self.partner is not None
        surfaces = Surfaces()
        self.number += 1
        async with (
            httpx.AsyncClient(base_url=self.url, timeout=30.0, cookies=self.partner.cookies) as client,
            httpx.AsyncClient(base_url=self.url, timeout=30.0) as app,
        ):
            partner = Caller(client, surfaces, "pro", {"Origin": PORTAL_ORIGIN})
            stocks = []
            for number in range(STOCKS):
                name = f"Carnet de pannes {self.number}.{number}"
                sale = await thing_for_sale(partner, name, price=PRICE_CENTS / 100, quantity=PEOPLE // 2)
                stocks.append(Described(sale.stock_id, sale.offer_id, PRICE_CENTS, PEOPLE // 2))
            # Facts of a kind arrive in order: who is last is heard of last.
            caller = Caller(app, surfaces, "native", self.people[-1].headers)
            for stock in stocks:
                await until(lambda stock=stock: _known(caller, stock), deadline=REST_SECONDS)
        return stocks


async def _known(caller: Caller, stock: Described) -> bool:
    """Whether `bookings` knows the person, their credit and the stock: it refuses two for that reason alone."""
    body = {"stockId": stock.stock_id, "quantity": 2}
    answer = await caller.client.post("/native/v1/bookings", json=body, headers=caller.headers)
    return answer.status_code == 400 and list(answer.json()) == ["quantity"]


def _subject(authorization: str) -> int:
    payload = authorization.split(".")[1]
    return int(json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["sub"])
