"""Load through the gateway: people book and cancel, a desk validates, a partner edits stocks, whatever breaks meanwhile.

The load runs in a thread with a loop of its own, so that the test's own thread can start and stop processes. Everybody
asks for one thing at a time, and asks again until they know what became of it: a booking by its `Idempotency-Key`, the
rest because a second time does no harm. So each knows at every moment what must be true of them.
"""

from __future__ import annotations

import asyncio
import random
import threading
import time
from dataclasses import dataclass, field
from typing import Any, Self
from uuid import uuid4

import httpx

from tests.faults.seen import Described, Held, Seen
from tests.journeys.documents import Surfaces
from tests.journeys.people import Caller

#: "Come again" in the contracts: the outcome may be either.
UNKNOWN = frozenset({502, 503, 504})
#: Nothing was done, and it says so.
LATER = frozenset({409, 429})
PAUSE_SECONDS = 0.1
#: How long a client goes on asking about one thing. Far more than any fault of the tests lasts.
PATIENCE_SECONDS = 240.0
ASKED_AGAIN = 0.15
REQUEST_SECONDS = 25.0
#: A try without an answer for that long may be done after a later one.
HAUNTING_SECONDS = 3.0
#: The longest that somebody thinks between two things.
THINKING_SECONDS = 0.1


@dataclass
class Person:
    """Somebody with an account: their identity, and their bookings by stock."""

    user_id: int
    headers: dict[str, str]
    held: dict[int, Held] = field(default_factory=dict)


@dataclass
class Partner:
    """The partner: the cookie of a session."""

    cookies: dict[str, str]
    headers: dict[str, str]


@dataclass(frozen=True)
class Answered:
    """What was answered at last; `doubtful` when an earlier try may have been done already, `haunted` when one may even
    be done later, since a service may still have it in hand.
    """

    response: httpx.Response
    doubtful: bool
    haunted: bool

    @property
    def status(self) -> int:
        return self.response.status_code

    @property
    def body(self) -> Any:
        return self.response.json() if self.response.content else None


class Lost(Exception):
    """The platform did not come back within a client's patience."""


class Load:
    """`with Load(…) as load: load.goes_on(50)`: waits until fifty more changes are acknowledged. Leaving ends it.

    At the end everybody learns what became of their last request; raises what went wrong with the load itself.
    """

    def __init__(
        self, url: str, people: list[Person], partner: Partner, stocks: list[Described], seen: Seen, seed: int
    ) -> None:
        self._url = url
        self._people = people
        self._partner = partner
        self._stocks = stocks
        self._seen = seen
        self._random = random.Random(seed)
        self._surfaces = Surfaces()
        self._stop = threading.Event()
        self._moved = threading.Condition()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="load", daemon=True)

    def __enter__(self) -> Self:
        self._seen.stocks |= {stock.stock_id: stock for stock in self._stocks}
        self._seen.people |= {person.user_id for person in self._people}
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._stop.set()
        self._thread.join(PATIENCE_SECONDS + REQUEST_SECONDS)
        if kind is None:
            assert not self._thread.is_alive(), "the load did not end"
            if self._failure is not None:
                raise self._failure

    def goes_on(self, changes: int, seconds: float = PATIENCE_SECONDS) -> float:
        """Wait for so many more acknowledged changes; how long they took, in seconds."""
        began = time.monotonic()
        target = self._seen.total + changes
        with self._moved:
            reached = self._moved.wait_for(
                lambda: self._seen.total >= target or self._failure is not None, timeout=seconds
            )
        if self._failure is not None:
            raise self._failure
        assert reached, f"{target - self._seen.total} of {changes} changes missing after {seconds:.0f} s"
        return time.monotonic() - began

    def _run(self) -> None:
        try:
            asyncio.run(self._everybody())
        except BaseException as error:
            self._failure = error
            with self._moved:
                self._moved.notify_all()

    async def _everybody(self) -> None:
        limits = httpx.Limits(max_connections=len(self._people) + 4)
        options: dict[str, Any] = {"base_url": self._url, "timeout": REQUEST_SECONDS, "limits": limits}
        async with (
            httpx.AsyncClient(**options) as app,
            httpx.AsyncClient(cookies=self._partner.cookies, **options) as portal,
            asyncio.TaskGroup() as group,
        ):
            desk = Caller(portal, self._surfaces, "pro", self._partner.headers)
            for person in self._people:
                group.create_task(self._live(person, Caller(app, self._surfaces, "native", person.headers), desk))
            group.create_task(self._edit(desk))

    async def _live(self, person: Person, app: Caller, desk: Caller) -> None:
        while not self._stop.is_set():
            await asyncio.sleep(self._random.random() * THINKING_SECONDS)
            stock = self._random.choice(self._stocks)
            held = person.held.get(stock.stock_id)
            if held is None:
                await self._book(person, app, stock)
            elif held.status == "USED":
                if not held.haunted:
                    await self._keep(desk, held)
            elif not held.haunted and self._random.random() < 0.3:
                await self._use(app, desk, held)
            else:
                await self._cancel(app, person, held)

    async def _book(self, person: Person, app: Caller, stock: Described) -> None:
        body, key = {"stockId": stock.stock_id, "quantity": 1}, {"Idempotency-Key": str(uuid4())}

        async def send() -> Answered:
            return await self._ask("book", app, "POST", "/native/v1/bookings", json=body, headers=key)

        found = await send()
        if found.status == 200:
            held = Held(found.body["bookingId"], person.user_id, stock.stock_id)
            if held.booking_id in self._seen.bookings:
                self._wrong(f"booking {held.booking_id} was given twice")
            self._seen.bookings[held.booking_id] = person.held[stock.stock_id] = held
            self._acknowledge("book")
        elif found.status == 400 and found.body == {"code": "STOCK_NOT_BOOKABLE"}:
            self._seen.refused["full"] += 1
        else:
            self._wrong_answer("book", found)
        if self._random.random() < ASKED_AGAIN:
            again = await send()
            self._seen.repeated += 1
            if (again.status, again.body) != (found.status, found.body):
                self._wrong(f"a booking sent again: {found.response.text[:200]}, then {again.response.text[:200]}")

    async def _cancel(self, app: Caller, person: Person, held: Held) -> None:
        found = await self._ask("cancel", app, "POST", f"/native/v1/bookings/{held.booking_id}/cancel")
        if found.status != 204:
            self._wrong_answer("cancel", found)
            return
        held.status = "CANCELLED"
        del person.held[held.stock_id]
        self._acknowledge("cancel")

    async def _use(self, app: Caller, desk: Caller, held: Held) -> None:
        if not held.token:
            found = await self._ask("look", app, "GET", f"/native/v2/bookings/{held.booking_id}")
            if found.status != 200 or found.body["id"] != held.booking_id:
                self._wrong_answer("look", found)
                return
            held.token = found.body["ticket"]["token"]["data"]
        found = await self._ask("use", desk, "PATCH", f"/bookings/use/token/{held.token}")
        held.haunted = found.haunted
        # The second of two tries finds what the first has done.
        if found.status == 204 or (found.doubtful and found.status == 410 and list(found.body) == ["booking"]):
            held.status = "USED"
            self._acknowledge("use")
        else:
            self._wrong_answer("use", found)

    async def _keep(self, desk: Caller, held: Held) -> None:
        found = await self._ask("keep", desk, "PATCH", f"/bookings/keep/token/{held.token}")
        held.haunted = found.haunted
        if found.status == 204 or (found.doubtful and found.status == 410 and list(found.body) == ["booking"]):
            held.status = "CONFIRMED"
            self._acknowledge("keep")
        else:
            self._wrong_answer("keep", found)

    async def _edit(self, desk: Caller) -> None:
        """The partner changes quantities and prices, one stock after the other."""
        while not self._stop.is_set():
            await asyncio.sleep(THINKING_SECONDS)
            sure = [stock for stock in self._stocks if not stock.haunted]
            if not sure:
                continue
            stock, size = self._random.choice(sure), len(self._people)
            price, quantity = self._random.randint(5, 20), self._random.randint(size // 3, 2 * size)
            item = {"id": stock.stock_id, "offerId": stock.offer_id, "price": price / 100, "quantity": quantity}
            found = await self._ask("edit", desk, "PATCH", f"/offers/{stock.offer_id}/stocks/", json={"stocks": [item]})
            # From here on an edit of this stock might be undone by one that a service still has in hand.
            stock.haunted = found.haunted
            if found.status == 200:
                stock.price_cents, stock.quantity = price, quantity
                self._acknowledge("edit")
            elif found.status == 400 and list(found.body) == ["quantity"]:
                self._seen.refused["below what is booked"] += 1
                # The first try may have been done, and the second refused since more was booked meanwhile.
                stock.unsure = found.doubtful
            else:
                self._wrong_answer("edit", found)

    async def _ask(self, what: str, caller: Caller, method: str, path: str, **options: Any) -> Answered:
        """Ask until there is an answer. Raises Lost when patience is out."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        doubtful = haunted = False
        options["headers"] = {**caller.headers, **options.get("headers", {})}
        while True:
            began = time.monotonic()
            response = await _sent(caller.client, method, path, options)
            if response is not None and response.status_code not in UNKNOWN | LATER:
                self._check(caller, method, path, response)
                return Answered(response, doubtful, haunted)
            if response is None or response.status_code in UNKNOWN:
                doubtful = True
                haunted = haunted or time.monotonic() - began > HAUNTING_SECONDS
                self._seen.doubtful[what] += 1
            if time.monotonic() > deadline:
                last = "no connection" if response is None else f"{response.status_code} {response.text[:200]}"
                raise Lost(f"{what}: {method} {path}: {last}")
            await asyncio.sleep(PAUSE_SECONDS)

    def _check(self, caller: Caller, method: str, path: str, response: httpx.Response) -> None:
        try:
            self._surfaces.check(caller.surface, method, path, response)
        except (AssertionError, ValueError) as error:
            self._wrong(str(error))

    def _acknowledge(self, what: str) -> None:
        with self._moved:
            self._seen.acknowledged[what] += 1
            self._moved.notify_all()

    def _wrong_answer(self, what: str, found: Answered) -> None:
        doubt = " after an unknown outcome" if found.doubtful else ""
        self._wrong(f"{what}{doubt}: {found.status} {found.response.text[:300]}")

    def _wrong(self, sentence: str) -> None:
        self._seen.wrong.append(sentence)


async def _sent(client: httpx.AsyncClient, method: str, path: str, options: dict[str, Any]) -> httpx.Response | None:
    """The answer, or None when the connection was refused, closed, or silent for too long."""
    try:
        return await client.request(method, path, **options)
    except httpx.TransportError:
        return None
