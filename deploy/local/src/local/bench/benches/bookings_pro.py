"""The portal's list of bookings, for a partner who has a hundred thousand of them and nothing of what other benches made."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlencode
from urllib.request import Request as HttpRequest
from urllib.request import urlopen

from local.accounts import PARTNER, PASSWORD
from local.bench.asking import ask
from local.bench.benches.crowd import BASE, crowd, token
from local.bench.figures import Figure
from local.bench.load import Request
from local.bench.seeding import copies
from local.bench.stage import POSTGRES, Stage
from local.errors import LocalError

_OFFERS = 40
_FIRST = BASE + 500_000
_DAYS = 730
_EMAIL = "partenaire.banc@example.com"


def measure(stage: Stage) -> Iterator[Figure]:
    rows = stage.size(100_000, 1_000)
    _bookings(stage, rows)
    cookie = _signed_in(stage)
    today = datetime.now(UTC).date()
    year = _period(today - timedelta(days=365), today)
    everything = _period(today - timedelta(days=_DAYS + 30), today)
    month = _period(today - timedelta(days=60), today - timedelta(days=30))
    yield from _list(stage, cookie, "first page of a year", year)
    yield from _list(stage, cookie, "first page of all", everything)
    yield from _list(stage, cookie, "the fiftieth page of all", {**everything, "page": "50"})
    yield from _list(stage, cookie, "an offer, in a month", {**month, "offerId": str(_FIRST + 1)})
    yield from _list(stage, cookie, "what was used, in a month", {**month, "bookingStatusFilter": "validated"})
    yield from _list(stage, cookie, f"{rows:,} bookings as CSV".replace(",", " "), everything, path="/bookings/csv")


def _period(first: date, last: date) -> dict[str, str]:
    return {"bookingPeriodBeginningDate": first.isoformat(), "bookingPeriodEndingDate": last.isoformat()}


def _list(
    stage: Stage, cookie: str, what: str, filters: dict[str, str], *, path: str = "/bookings/pro"
) -> Iterator[Figure]:
    request = Request(f"{path}?{urlencode(filters)}", headers={"cookie": cookie})
    ask(stage.gateway, [request]).check(what)
    with stage.measured() as used:
        load = ask(stage.gateway, [request] * stage.size(3, 2)).check(what)
    each = 1_000 / load.requests
    yield Figure(
        what,
        load.p50,
        "ms",
        waited=True,
        note=f"CPU of the service {used.of('bookings-api') * each:.0f} ms, of PostgreSQL {used.of(POSTGRES) * each:.0f} ms",
    )


def _signed_in(stage: Stage) -> str:
    """The cookie of the partner."""
    body = {"identifier": _EMAIL, "password": PASSWORD, "captchaToken": "none"}
    asked = HttpRequest(  # noqa: S310 - our own gateway
        f"{stage.gateway}/users/signin",
        json.dumps(body).encode(),
        {"content-type": "application/json", "origin": "http://localhost:3001"},
    )
    try:
        with urlopen(asked, timeout=30) as answer:  # noqa: S310
            for header in answer.headers.get_all("set-cookie") or ():
                if header.startswith("session="):
                    return header.partition(";")[0]
    except OSError as error:
        raise LocalError(f"The portal's sign-in failed: {error}") from error
    raise LocalError("The portal's sign-in gave no cookie.")


def _bookings(stage: Stage, rows: int) -> None:
    """Free bookings of the partner's offers over two years, made by the crowd; a third is used."""
    people = len(crowd(stage).people)
    with stage.database("users") as connection:
        account = connection.execute("SELECT id FROM account WHERE email = %s", [PARTNER]).fetchone()
        copies(connection, "account", f"email = '{PARTNER}'", 1, {"id": str(_FIRST), "email": f"'{_EMAIL}'"})
    with stage.database("bookings") as connection:
        place = connection.execute(
            """SELECT o.id, o.venue_id, o.offerer_id, s.id, a.id
               FROM offer_replica o JOIN stock_replica s ON s.offer_id = o.id
               JOIN attachment_replica a ON a.offerer_id = o.offerer_id
               WHERE a.user_id = %s AND a.validation_status = 'VALIDATED' AND o.id < %s ORDER BY 1, 4 LIMIT 1""",
            [account[0] if account else 0, BASE],
        ).fetchone()
        if place is None:
            raise LocalError(f"The sandbox has no offer of {PARTNER}.")
        offer, venue, offerer, stock, attachment = place
        alone, own = str(_FIRST), f"{_FIRST} + n"
        copies(connection, "offerer_replica", f"id = {offerer}", 1, {"id": alone})
        copies(connection, "venue_replica", f"id = {venue}", 1, {"id": alone, "offerer_id": alone})
        attached = {"id": alone, "user_id": alone, "offerer_id": alone}
        copies(connection, "attachment_replica", f"id = {attachment}", 1, attached)
        held = {"id": own, "venue_id": alone, "offerer_id": alone}
        copies(connection, "offer_replica", f"id = {offer}", _OFFERS, held)
        copies(connection, "stock_replica", f"id = {stock}", _OFFERS, {"id": own, "offer_id": own, "price_cents": "0"})
        copies(
            connection,
            "inventory",
            f"id = {stock}",
            _OFFERS,
            {
                "id": own,
                "offer_id": own,
                "described_quantity": "NULL",
                "quantity": "NULL",
                "burned_quantity": "0",
                "booked_quantity": str(rows // _OFFERS),
            },
        )
        each, made = f"{_FIRST} + 1 + n % {_OFFERS}", f"now() - interval '{_DAYS} days' * (n::float / {rows})"
        copies(
            connection,
            "booking",
            "id = (SELECT min(id) FROM booking WHERE status = 'CONFIRMED')",
            rows,
            {
                "id": f"{_FIRST} + n",
                "user_id": f"{BASE} + 1 + (n / {_OFFERS}) % {people}",
                "deposit_id": "NULL",
                "amount_cents": "0",
                "stock_id": each,
                "offer_id": each,
                "venue_id": alone,
                "offerer_id": alone,
                "token": token(f"{_FIRST} + n"),
                "quantity": "1",
                "is_first_of_venue": "false",
                "date_created": made,
                "status": "CASE WHEN n % 3 = 0 THEN 'USED' ELSE 'CONFIRMED' END",
                "date_used": f"CASE WHEN n % 3 = 0 THEN {made} + interval '1 hour' END",
                "cancellation_limit_date": f"{made} + interval '2 days'",
            },
            first=0,
        )
        # What an hour of autovacuum does: pages are then known to hold nothing that not everybody sees.
        connection.execute("VACUUM (ANALYZE) booking")
        connection.execute("ANALYZE inventory, offer_replica, stock_replica, venue_replica, attachment_replica")
