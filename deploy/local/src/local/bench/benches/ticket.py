"""`GET /native/v1/bookings/{id}/ticket`: how many tickets the pool prints."""

from __future__ import annotations

from collections.abc import Iterator

from local.bench.asking import ask
from local.bench.benches.crowd import BASE, crowd, token
from local.bench.figures import Figure
from local.bench.load import Request
from local.bench.seeding import copies
from local.bench.stage import Stage

_SERVICE = "documents-api"


def measure(stage: Stage) -> Iterator[Figure]:
    from documents.settings import Settings

    processes = Settings().render_processes
    people = crowd(stage).people[: stage.size(100, 20)]
    with stage.database("documents") as connection:
        copies(
            connection,
            "booking_replica",
            "id = (SELECT min(id) FROM booking_replica WHERE status = 'CONFIRMED')",
            len(people),
            {"id": f"{BASE} + n", "user_id": f"{BASE} + n", "token": token("n")},
        )
    requests = [
        Request(f"/native/v1/bookings/{BASE + 1 + number}/ticket", headers=person.headers)
        for number, person in enumerate(people)
    ]
    ask(stage.gateway, requests[:2]).check("ticket")
    few = stage.size(10, 2)
    alone = ask(stage.gateway, requests[2 : 2 + few]).check("ticket")
    with stage.measured() as used:
        load = ask(stage.gateway, requests[-stage.size(40, 6) :], at_once=processes + 2).check("ticket")
    yield Figure("tickets", load.rate, "/s", waited=True, note=f"{processes} rendering process(es)")
    yield Figure("a ticket", used.of(_SERVICE) * 1_000 / load.requests, "ms CPU", note="service and pool")
    yield Figure("one ticket alone", alone.p50, "ms", waited=True, note=f"the longest of {few} {alone.longest:.0f} ms")
