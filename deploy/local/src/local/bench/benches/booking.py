"""`POST /native/v1/bookings`: many people book many things, at once and then with pauses, then all of them one thing, then
with ten million bookings made.

Beside it pgbench sends the statements of a booking to the same server: what is left without Python.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence

from local.bench.benches import direct_sql, history
from local.bench.benches.crowd import BOOKED, Crowd, Person, crowd
from local.bench.figures import Figure, Skipped, Target
from local.bench.load import Load, Request
from local.bench.meter import Used
from local.bench.stage import GATEWAY, POSTGRES, Stage

CONNECTIONS = 32
SERVICE = "bookings-api"
#: More bookings a second than any machine makes: nobody may be asked twice, a refusal costs less than a booking.
_ENOUGH = 3_000
#: How many times longer those who pause are watched: they book less.
_PAUSED = 3


def measure(stage: Stage) -> Iterator[Figure]:
    people = crowd(stage)
    queue = _Queue(people, BOOKED)
    _warm(stage, queue.next(1))

    load, used = _book(stage, queue.next_for(stage.seconds))
    each = 1_000 / load.requests
    yield Figure(
        "Python CPU in the service a booking",
        used.of(SERVICE) * each,
        "ms",
        Target("<=", 1.5),
        note=f"{len(people.people)} people, {len(people.stocks)} stocks, {CONNECTIONS} connections",
    )
    yield Figure("gateway CPU a booking", used.of(GATEWAY) * each, "ms")
    yield Figure("PostgreSQL CPU a booking", used.of(POSTGRES) * each, "ms", note="relays and consumers included")
    yield Figure("CPU a booking, all three", used.of(SERVICE, GATEWAY, POSTGRES) * each, "ms")
    yield Figure("bookings", load.rate, "/s", waited=True, note="while workers carry their facts on")
    yield Figure(
        f"p50 of {CONNECTIONS} who never pause", load.p50, "ms", waited=True, note="they keep the machine full"
    )
    yield Figure(
        f"p99 of {CONNECTIONS} who never pause", load.p99, "ms", waited=True, note="of which most is the queue"
    )
    yield from _pausing(stage, queue, load.rate)

    hot, _ = _book(stage, [_request(person, stock) for stock in people.hot for person in people.people])
    yield Figure("bookings of one hot stock", hot.rate, "/s", waited=True, note=f"p99 {hot.p99:.0f} ms")

    try:
        rate, cpu = direct_sql.measure(stage, people)
        yield Figure("the same SQL by pgbench", rate, "/s", waited=True, note=f"PostgreSQL CPU {cpu:.2f} ms each")
    except Skipped as reason:
        yield Figure("the same SQL by pgbench", 0, "", note=f"skipped: {reason}")

    # Measured anew on both sides of the filling: what the machine does meanwhile is then alike.
    before = history.count(stage)
    small = _cost(*_book(stage, queue.next_for(stage.seconds)))
    filling = history.make(stage, stage.size(10_000_000, 20_000))
    _warm(stage, queue.next(1))
    load, used = _book(stage, queue.next_for(stage.seconds))
    large = _cost(load, used)
    yield Figure(
        f"cost with {history.count(stage):,} bookings against {before:,}".replace(",", " "),
        large / small,
        "times",
        Target("<=", 1.2),
        note=f"CPU of service and PostgreSQL: {small:.2f} ms, then {large:.2f} ms; the rows took {filling:.0f} s",
    )
    yield Figure("p99 with all of them", load.p99, "ms", waited=True)


def _pausing(stage: Stage, queue: _Queue, most: float) -> Iterator[Figure]:
    """As many people, each of whom waits a while before they book again: a little less than half of `most` a second."""
    seconds = _PAUSED * stage.seconds
    pause = 1_000 * 2 * CONNECTIONS / most
    load = stage.load(
        stage.gateway, queue.next_for(seconds), connections=CONNECTIONS, seconds=seconds, pause=pause
    ).check("booking", refused=0.01)
    yield Figure(
        f"p50 of {CONNECTIONS} who pause",
        load.p50,
        "ms",
        waited=True,
        note=f"{pause:.0f} ms on average: {load.rate:.0f}/s",
    )
    yield Figure(
        f"p99 of {CONNECTIONS} who pause",
        load.p99,
        "ms",
        Target("<", 60),
        waited=True,
        note=f"{load.rate / most:.0%} of the bookings a second that there are at most",
    )


def _cost(load: Load, used: Used) -> float:
    return used.of(SERVICE, POSTGRES) * 1_000 / load.requests


class _Queue:
    """Bookings that nobody has made yet: in its k-th round person p books the stock p + k, counted around."""

    def __init__(self, people: Crowd, first: int) -> None:
        self._crowd = people
        self._round = first

    def next(self, rounds: int) -> list[Request]:
        """The requests of the next rounds, one a person and round."""
        people, stocks = self._crowd.people, self._crowd.stocks
        first, self._round = self._round, self._round + rounds
        return [
            _request(person, stocks[(number + turn) % len(stocks)])
            for turn in range(first, self._round)
            for number, person in enumerate(people)
        ]

    def next_for(self, seconds: float) -> list[Request]:
        """Enough of them for so many seconds of load."""
        return self.next(math.ceil(_ENOUGH * seconds / len(self._crowd.people)))


def _request(person: Person, stock: int) -> Request:
    body = json.dumps({"stockId": stock, "quantity": 1}, separators=(",", ":"))
    return Request("/native/v1/bookings", "POST", person.headers, body)


def _warm(stage: Stage, requests: Sequence[Request]) -> None:
    """Connections, prepared statements and known callers, as after a few minutes of any day; some may come twice."""
    stage.load(stage.gateway, requests, connections=CONNECTIONS, seconds=stage.size(4, 1)).check("booking", refused=1)


def _book(stage: Stage, requests: Sequence[Request]) -> tuple[Load, Used]:
    with stage.measured() as used:
        load = stage.load(stage.gateway, requests, connections=CONNECTIONS)
    return load.check("booking", refused=0.01), used
