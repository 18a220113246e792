"""`POST /native/v2/signin`: as many as Argon2 allows, and nobody else waits for them."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from local.accounts import PASSWORD
from local.bench.asking import ask
from local.bench.benches.crowd import Person, address, crowd
from local.bench.figures import Figure, Target
from local.bench.load import Load, Request
from local.bench.stage import Stage

if TYPE_CHECKING:
    from users.settings import Settings

_SERVICE = "users-api"


def measure(stage: Stage) -> Iterator[Figure]:
    from users.settings import Settings

    settings = Settings()
    people = crowd(stage).people
    requests = [_signin(number, person) for number, person in enumerate(people)]
    users, threads = stage.service("users"), settings.hashing_threads
    few = stage.size(120, 6)
    known, strange = requests[-few:], requests[-2 * few : -few]
    _trust(stage, len(people) - few, few)
    ask(users, requests[: 2 * threads], at_once=threads).check("sign-in")
    # Before and after: how fast it is alone is what a machine is least sure of.
    before, costs = _argon2(settings, few)
    with stage.measured() as used:
        load = ask(users, known, at_once=4 * threads).check("sign-in")
    each = used.of(_SERVICE) * 1_000 / load.requests
    after, costs_after = _argon2(settings, few)
    alone, cost = (before + after) / 2, (costs + costs_after) / 2
    yield Figure(
        "Argon2 alone",
        cost,
        "ms CPU",
        note=f"t={settings.argon2_time_cost}, m={settings.argon2_memory_kib} KiB, p={settings.argon2_parallelism}; "
        f"{before:.1f} and {after:.1f}/s in {threads} threads",
    )
    yield Figure("a sign-in", each, "ms CPU", note="the users service, all of it; from a device that is known")
    yield Figure("share of a sign-in that is Argon2", 100 * cost / each, "%", Target(">=", 90))
    yield Figure("sign-ins against Argon2 alone", 100 * load.rate / alone, "%", waited=True, note=f"{load.rate:.1f}/s")
    with stage.measured() as used:
        load = ask(users, strange, at_once=4 * threads).check("sign-in")
    each = used.of(_SERVICE) * 1_000 / load.requests
    yield Figure(
        "a sign-in from a new device",
        each,
        "ms CPU",
        note=f"and a mail about it; Argon2 is {100 * cost / each:.0f} %; {load.rate:.1f}/s while the mails are made",
    )

    others = [Request("/native/v1/me", headers=person.headers) for person in people[:200]]
    quiet = stage.load(users, others, connections=1, seconds=max(1.0, stage.seconds / 2)).check("me")
    crowded, refused = _beside_flood(stage, others, requests)
    yield Figure(
        "another request's p50 while the hash queue is full",
        crowded.p50,
        "ms",
        waited=True,
        note=f"{quiet.p50:.1f} ms without; p99 {crowded.p99:.1f} ms against {quiet.p99:.1f} ms",
    )
    yield Figure("sign-ins refused meanwhile", 100 * refused, "%", note="503 with Retry-After, at once")


def _signin(number: int, person: Person) -> Request:
    body = {
        "identifier": f"banc.{number + 1}@example.com",
        "password": PASSWORD,
        "deviceInfo": {"deviceId": f"device-{number}", "os": "Android", "source": "Pixel"},
    }
    headers = {"content-type": "application/json", "x-forwarded-for": address(number)}
    return Request("/native/v2/signin", "POST", headers, json.dumps(body))


def _trust(stage: Stage, first: int, count: int) -> None:
    """Make the devices of some people known, as a former sign-in does."""
    with stage.database("users") as connection:
        connection.execute(
            """INSERT INTO trusted_device (account_id, device_id, date_created)
               SELECT a.id, 'device-' || n, now() FROM generate_series(%s::int, %s::int) n
               JOIN account a ON a.email = 'banc.' || n + 1 || '@example.com'""",
            [first, first + count - 1],
        )


def _argon2(settings: Settings, count: int) -> tuple[float, float]:
    """Verifications a second in as many threads as the service has, and CPU ms of each."""
    from argon2 import PasswordHasher

    hasher = PasswordHasher(settings.argon2_time_cost, settings.argon2_memory_kib, settings.argon2_parallelism)
    known = hasher.hash(PASSWORD)
    started, own = time.monotonic(), time.process_time()
    with ThreadPoolExecutor(settings.hashing_threads) as pool:
        list(pool.map(lambda _: hasher.verify(known, PASSWORD), range(count)))
    return count / (time.monotonic() - started), (time.process_time() - own) * 1_000 / count


def _beside_flood(stage: Stage, others: list[Request], signins: list[Request]) -> tuple[Load, float]:
    """The load of other requests while far more want to sign in than can, and the share of those that is refused."""
    users, seconds = stage.service("users"), max(2.0, stage.seconds)
    flood: list[Load] = []
    thread = threading.Thread(
        target=lambda: flood.append(stage.load(users, signins, connections=100, seconds=seconds + 2))
    )
    thread.start()
    time.sleep(1)
    try:
        crowded = stage.load(users, others, connections=1, seconds=seconds).check("me")
    finally:
        thread.join()
        _drained(users, signins)
    return crowded, flood[0].refused / max(1, flood[0].requests) if flood else 1.0


def _drained(users: str, signins: list[Request]) -> None:
    """Wait until the queue is empty: the next bench is not to stand in it."""
    deadline = time.monotonic() + 120
    while ask(users, signins[:1]).refused and time.monotonic() < deadline:
        time.sleep(0.5)
