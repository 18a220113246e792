"""From a row of the outbox to its effect in another service: at 500 events a second, and as many as go through.

Facts about people are written into the outbox of `users` as its own actions do, one transaction each; the effect is the row
of `bookings`' replica, and its moment the commit that PostgreSQL remembers.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

from local.bench.benches.crowd import BASE, beneficiary
from local.bench.figures import Figure, Target
from local.bench.stage import Connection, Stage
from local.errors import LocalError

RATE = 500
_FIRST = BASE + 2_000_000
_PATIENCE = 120.0
_INSERT = """
INSERT INTO outbox (event_id, stream, name, schema_version, aggregate_id, occurred_at, trace, state)
SELECT gen_random_uuid(), stream, name, schema_version, n, clock_timestamp(), NULL,
  state || jsonb_build_object('id', n, 'email', 'evenement.' || n || '@example.com')
FROM (SELECT stream, name, schema_version, %s::jsonb AS state FROM outbox WHERE stream = 'users.user' LIMIT 1) like_it,
  generate_series(%s::bigint, %s::bigint) n
"""


def measure(stage: Stage) -> Iterator[Figure]:
    state = _state(stage)
    count = int(stage.size(RATE, 100) * max(2.0, stage.seconds))
    workers = ("users-worker", "bookings-worker")
    with stage.measured() as used:
        late = _paced(stage, state, _FIRST, count, stage.size(RATE, 100))
        _await_effects(stage, _FIRST, count)
    lags = _lags(stage, _FIRST, count)
    yield Figure(
        f"p50 at {RATE} events/s", lags[len(lags) // 2], "ms", waited=True, note=f"{count} events, one a commit"
    )
    yield Figure(
        f"p99 at {RATE} events/s",
        lags[int(len(lags) * 0.99)],
        "ms",
        Target("<", 100),
        waited=True,
        note=f"the longest {lags[-1]:.0f} ms" + (f"; the bench itself fell {late:.0f} ms behind" if late > 50 else ""),
    )
    each = 1_000 / count
    yield Figure(
        "Python CPU an event",
        used.of(*workers) * each,
        "ms",
        note=", ".join(f"{name} {used.of(name) * each:.2f}" for name in workers),
    )
    first, many = _FIRST + count, stage.size(5_000, 500)
    with stage.database("users") as connection, stage.measured() as used:
        started = time.monotonic()
        _insert(connection, state, first, many)
        _await_effects(stage, first, many)
        seconds = time.monotonic() - started
    yield Figure("events at most", many / seconds, "/s", waited=True, note=f"{many} at once, until the last effect")
    yield Figure("Python CPU an event then", used.of(*workers) * 1_000 / many, "ms")


def _state(stage: Stage) -> dict[str, Any]:
    """The state of a person of the sandbox, as the service tells it."""
    with stage.database("users") as connection:
        row = connection.execute(
            "SELECT state FROM outbox WHERE stream = 'users.user' AND aggregate_id = %s ORDER BY id DESC LIMIT 1",
            [beneficiary(stage)],
        ).fetchone()
    if row is None:
        raise LocalError("The sandbox told nothing about its beneficiary.")
    return row[0]


def _insert(connection: Connection, state: dict[str, Any], first: int, count: int) -> None:
    connection.execute(_INSERT, [json.dumps(state), first, first + count - 1])


def _paced(stage: Stage, state: dict[str, Any], first: int, count: int, rate: float) -> float:
    """Write the events one by one, evenly; by how many ms the last came too late."""
    with stage.database("users") as connection:
        started = time.monotonic()
        for number in range(count):
            ahead = started + number / rate - time.monotonic()
            if ahead > 0:
                time.sleep(ahead)
            _insert(connection, state, first + number, 1)
        return max(0.0, time.monotonic() - started - count / rate) * 1_000


def _await_effects(stage: Stage, first: int, count: int) -> None:
    deadline = time.monotonic() + _PATIENCE
    with stage.database("bookings") as connection:
        while time.monotonic() < deadline:
            # The last one first: only when it is there are all counted.
            row = connection.execute(
                """SELECT CASE WHEN EXISTS (SELECT FROM user_replica WHERE id = %(last)s) THEN
                     (SELECT count(*) FROM user_replica WHERE id BETWEEN %(first)s AND %(last)s) ELSE 0 END""",
                {"first": first, "last": first + count - 1},
            ).fetchone()
            if row is not None and row[0] == count:
                return
            time.sleep(0.02)
    raise LocalError(f"Not all of {count} events had their effect within {_PATIENCE:.0f} s.")


def _lags(stage: Stage, first: int, count: int) -> list[float]:
    """Milliseconds from each fact to the commit of its effect, in order of size."""
    bounds = [first, first + count - 1]
    with stage.database("bookings") as connection:
        effects = connection.execute(
            """SELECT id, extract(epoch FROM pg_xact_commit_timestamp(xmin))::float8 FROM user_replica
               WHERE id BETWEEN %s AND %s""",
            bounds,
        ).fetchall()
    with stage.database("users") as connection:
        facts = dict(
            connection.execute(
                """SELECT aggregate_id, extract(epoch FROM occurred_at)::float8 FROM outbox
                   WHERE stream = 'users.user' AND aggregate_id BETWEEN %s AND %s""",
                bounds,
            ).fetchall()
        )
    return sorted((moment - facts[id_]) * 1_000 for id_, moment in effects)
