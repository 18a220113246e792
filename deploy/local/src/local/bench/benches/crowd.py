"""Thousands of people with money, and thousands of things that they can book: what the benches of the app ask about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from local.accounts import BENEFICIARY
from local.bench.seeding import copies
from local.bench.stage import Stage
from local.errors import LocalError

#: Ids of what benches make begin here: far above what the sandbox has.
BASE = 10_000_000
PEOPLE, STOCKS, VENUES = 4_000, 4_000, 100
TINY_PEOPLE, TINY_STOCKS = 60, 400
#: Beside the stocks that all book, so many that are kept for a rush.
HOT = 10
PRICE = 100
#: Bookings that everybody has before anything is measured.
BOOKED = 5


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with credit; `headers` are what their app sends."""

    id: int
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Crowd:
    """Who and what there is: stock ids of offers of their own, on sale without an end at 1 €. Nobody has booked the hot
    ones yet.
    """

    people: tuple[Person, ...]
    stocks: tuple[int, ...]
    hot: tuple[int, ...]


def crowd(stage: Stage) -> Crowd:
    """The crowd of this stage, made when first asked for."""
    people, stocks = stage.size(PEOPLE, TINY_PEOPLE), stage.size(STOCKS, TINY_STOCKS)
    with stage.database("users") as connection:
        known = connection.execute("SELECT id FROM account WHERE id > %s LIMIT 1", [BASE]).fetchone()
    if known is None:
        _accounts(stage, people)
        _credits(stage, people)
        _things(stage, stocks + HOT)
        _bookings(stage, people, stocks)
    ids = range(BASE + 1, BASE + people + 1)
    bearers = stage.kept("bearers", lambda: stage.tokens.bearers("native", ids))
    return Crowd(
        tuple(
            Person(id_, _headers(number, bearer)) for number, (id_, bearer) in enumerate(zip(ids, bearers, strict=True))
        ),
        tuple(range(BASE + 1, BASE + stocks + 1)),
        tuple(range(BASE + stocks + 1, BASE + stocks + HOT + 1)),
    )


def _headers(number: int, bearer: Mapping[str, str]) -> dict[str, str]:
    return {
        **bearer,
        "x-forwarded-for": address(number),
        "app-version": "1.404.0",
        "device-id": f"device-{number}",
        "platform": "android",
        "content-type": "application/json",
    }


def address(number: int) -> str:
    """An address of one's own for each of the callers."""
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


def beneficiary(stage: Stage) -> int:
    """The account of the sandbox of which all are copies."""
    with stage.database("users") as connection:
        row = connection.execute("SELECT id FROM account WHERE email = %s", [BENEFICIARY]).fetchone()
    if row is None:
        raise LocalError(f"The sandbox has no account {BENEFICIARY}.")
    return row[0]


def _accounts(stage: Stage, people: int) -> None:
    model = beneficiary(stage)
    own = f"{BASE} + n"
    with stage.database("users") as connection:
        copies(
            connection,
            "account",
            f"id = {model}",
            people,
            {
                "id": own,
                "email": "'banc.' || n || '@example.com'",
                "phone_number": "'+3361' || lpad(n::text, 7, '0')",
            },
        )
        copies(connection, "deposit", f"account_id = {model}", people, {"id": own, "account_id": own})
        copies(connection, "subscription_check", f"account_id = {model}", people, {"account_id": own})
        connection.execute("ANALYZE")


def _credits(stage: Stage, people: int) -> None:
    model = beneficiary(stage)
    own, spent = f"{BASE} + n", str(BOOKED * PRICE)
    with stage.database("bookings") as connection:
        copies(
            connection, "user_replica", f"id = {model}", people, {"id": own, "email": "'banc.' || n || '@example.com'"}
        )
        copies(
            connection,
            "wallet",
            f"user_id = {model}",
            people,
            {"id": own, "user_id": own, "spent_cents": spent, "digital_spent_cents": "0", "physical_spent_cents": "0"},
        )


def _things(stage: Stage, stocks: int) -> None:
    own = f"{BASE} + n"
    with stage.database("bookings") as connection:
        row = connection.execute(
            """SELECT s.id, o.id, o.venue_id FROM stock_replica s JOIN offer_replica o ON o.id = s.offer_id
               JOIN offerer_replica f ON f.id = o.offerer_id
               WHERE s.beginning_datetime IS NULL AND s.booking_limit_datetime IS NULL AND NOT s.is_soft_deleted
                 AND NOT s.has_activation_codes AND o.url IS NULL AND o.validation = 'APPROVED'
                 AND o.publication_datetime < now() AND o.booking_allowed_datetime IS NULL AND s.price_cents > 0
                 AND f.is_active AND f.validation_status = 'VALIDATED' ORDER BY 1 LIMIT 1"""
        ).fetchone()
        if row is None:
            raise LocalError("The sandbox sells nothing that a bench could sell many of.")
        stock, offer, venue = row
        copies(connection, "venue_replica", f"id = {venue}", VENUES, {"id": own})
        copies(
            connection, "offer_replica", f"id = {offer}", stocks, {"id": own, "venue_id": f"{BASE} + 1 + n % {VENUES}"}
        )
        copies(
            connection,
            "stock_replica",
            f"id = {stock}",
            stocks,
            {"id": own, "offer_id": own, "price_cents": str(PRICE)},
        )
        copies(
            connection,
            "inventory",
            f"id = {stock}",
            stocks,
            {"id": own, "offer_id": own, "described_quantity": "NULL", "quantity": "NULL", "booked_quantity": "0"},
        )


def _bookings(stage: Stage, people: int, stocks: int) -> None:
    """Person p has booked the stocks p, p+1, … p+4, counted around."""
    person, stock = f"{BASE} + 1 + n / {BOOKED}", f"{BASE} + 1 + (n / {BOOKED} + n % {BOOKED}) % {stocks}"
    with stage.database("bookings") as connection:
        model = connection.execute(
            "SELECT min(id) FROM booking WHERE status = 'CONFIRMED' AND user_id = %s", [beneficiary(stage)]
        ).fetchone()
        copies(
            connection,
            "booking",
            f"id = {model[0] if model else 0}",
            people * BOOKED,
            {
                "id": f"{BASE} + n",
                "user_id": person,
                "deposit_id": person,
                "stock_id": stock,
                "offer_id": stock,
                "venue_id": f"{BASE} + 1 + ({stock}) % {VENUES}",
                "token": token("n"),
                "amount_cents": str(PRICE),
                "quantity": "1",
                "is_first_of_venue": "false",
            },
            first=0,
        )
        connection.execute(
            """INSERT INTO wallet_entry (wallet_id, booking_id, amount_cents, domain, reason, date_created)
               SELECT deposit_id, id, amount_cents, NULL, 'BOOKED', date_created FROM booking WHERE id >= %s""",
            [BASE],
        )
        connection.execute(
            """UPDATE inventory SET booked_quantity = b.count
               FROM (SELECT stock_id, count(*) FROM booking WHERE id >= %s GROUP BY 1) b WHERE inventory.id = b.stock_id""",
            [BASE],
        )
        connection.execute("ANALYZE")


def token(number: str) -> str:
    """A counter-mark for each number below 2^32, in no order; of eight characters, so that none is drawn again."""
    return f"upper(lpad(to_hex((({number})::bigint * 2654435761) % 4294967296), 8, '0'))"
