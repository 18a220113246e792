"""The statements of a booking sent by pgbench: the floor under what a service in any language could cost."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from local.bench.benches.crowd import BASE, Crowd
from local.bench.figures import Skipped
from local.bench.stage import POSTGRES, Stage
from local.errors import LocalError
from local.programs import find_programs

#: As many as the service's pool has.
_CLIENTS = 8
_RATE = re.compile(r"tps = ([0-9.]+)")
_DONE = re.compile(r"number of transactions actually processed: (\d+)")
_FACTS = 3
_STATE = "x" * 1_300


class _Facts(NamedTuple):
    """What is the same of all stocks of the crowd."""

    offerer: int
    stock_version: int
    offer_version: int
    offerer_version: int


def _facts(stage: Stage) -> _Facts:
    with stage.database("bookings") as connection:
        row = connection.execute(
            """SELECT f.id, s.version, o.version, f.version FROM stock_replica s
               JOIN offer_replica o ON o.id = s.offer_id JOIN offerer_replica f ON f.id = o.offerer_id WHERE s.id = %s""",
            [BASE + 1],
        ).fetchone()
    if row is None:
        raise LocalError("The crowd's stocks are gone.")
    return _Facts(*row)


def measure(stage: Stage, people: Crowd) -> tuple[float, float]:
    """Bookings a second and PostgreSQL's CPU for each, in ms. Skipped where pgbench is missing."""
    program = _pgbench()
    each = stage.size(500, 10)
    url = urlsplit(stage.database_url("bookings"))
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        script = Path(folder, "booking.sql")
        script.write_text(_script(people, _facts(stage)))
        command = [
            *(program, "--no-vacuum", "--protocol=prepared", "--file", str(script)),
            *("--client", str(_CLIENTS), "--jobs", "1", "--transactions", str(each)),
            *("--define", f"each={each}", "--define", "turn=0"),
            *("--host", str(url.hostname), "--port", str(url.port), "--username", str(url.username), url.path[1:]),
        ]
        environment = {**os.environ, "PGPASSWORD": str(url.password)}
        with stage.measured() as used:
            result = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    rate, done = _RATE.search(result.stdout), _DONE.search(result.stdout)
    if result.returncode != 0 or rate is None or done is None or int(done.group(1)) != each * _CLIENTS:
        raise LocalError(f"pgbench failed with {result.returncode}: {(result.stderr or result.stdout)[-600:]}")
    return float(rate.group(1)), used.of(POSTGRES) * 1_000 / int(done.group(1))


def _pgbench() -> str:
    beside = find_programs().path("pgbench")
    found = str(beside) if beside.exists() else shutil.which("pgbench")
    if found is None:
        raise Skipped("pgbench is not here; Debian and Ubuntu: apt-get install postgresql-contrib")
    return found


def _script(people: Crowd, facts: _Facts) -> str:
    """One booking: BEGIN and the reading statement, the writing one, COMMIT, as `bookings.booking.book` sends them.

    Bookings are numbered by client and turn; person and stock follow from the number, far from what others booked.
    """
    from bookings.booking import statements

    size, stocks = len(people.people), len(people.stocks)
    return "\n".join(
        [
            "\\set number :client_id * :each + :turn",
            "\\set turn :turn + 1",
            f"\\set user_id {BASE} + 1 + :number % {size}",
            f"\\set stock_id {BASE} + 1 + (:number % {size} + {stocks // 2} + :number / {size}) % {stocks}",
            "\\startpipeline",
            "BEGIN;",
            _filled(statements.READ, facts) + ";",
            "\\endpipeline",
            _filled(statements.write(paid=True, coded=False, keyed=False, facts=_FACTS), facts) + ";",
            "COMMIT;",
        ]
    )


def _filled(statement: bytes, facts: _Facts) -> str:
    """A statement of the service for pgbench: its parameters as variables or constants, on one line."""
    constants = {
        "now": "now()",
        "id": "currval('booking_id_seq')",
        "offer_id": ":stock_id",
        "venue_id": str(BASE + 1),
        "offerer_id": str(facts.offerer),
        "deposit_id": ":user_id",
        "token": "upper(substr(md5(random()::text), 1, 9))",
        "status": "'CONFIRMED'",
        "quantity": "1",
        "amount_cents": "100",
        "total": "100",
        "digital": "0",
        "physical": "0",
        "domain": "NULL",
        "price_category_label": "NULL",
        "date_created": "now()",
        "date_used": "NULL",
        "cancellation_limit_date": "NULL",
        "validation_author_type": "NULL",
        "used_recredit_type": "NULL",
        "is_first_of_venue": "false",
        "stock_version": str(facts.stock_version),
        "offer_version": str(facts.offer_version),
        "offerer_version": str(facts.offerer_version),
        "event_id": "gen_random_uuid()",
        "stream": "'bench'",
        "name": "'bench.told'",
        "schema_version": "1",
        "aggregate_id": ":stock_id",
        "occurred_at": "now()",
        "trace": "NULL",
        "state": f"""jsonb_build_object('id', 1, 'text', '{_STATE}')""",
    }

    def value(match: re.Match[str]) -> str:
        name = match.group(1)
        return constants.get(name) or constants.get(name.rstrip("0123456789")) or f":{name}"

    return " ".join(re.sub(r"%\((\w+)\)s", value, statement.decode()).split())
