"""Millions of bookings made in the past, written by the database itself with every constraint and every law true."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from local.bench.benches.crowd import beneficiary, token
from local.bench.seeding import copies
from local.bench.stage import Stage

#: Ids of these rows begin here; counter-marks are drawn from the same numbers.
BASE = 100_000_000
_EACH, _PRICE, _STOCK_HOLDS = 20, 100, 100
_TABLES = ("booking", "wallet_entry")
_AT_ONCE = 2


def count(stage: Stage) -> int:
    """How many bookings there are."""
    with stage.database("bookings") as connection:
        row = connection.execute("SELECT count(*) FROM booking").fetchone()
    return row[0] if row else 0


def make(stage: Stage, rows: int) -> float:
    """Write so many bookings (a multiple of 20 000) with their ledger, wallets and inventories; the seconds it took.

    20 a person and 100 a stock. Twelve of a person's are reimbursed, five used, three still to be used.
    """
    started = time.monotonic()
    people, stocks = rows // _EACH, rows // _STOCK_HOLDS
    _owners(stage, people, stocks)
    indexes = _drop_indexes(stage)
    share = people // _AT_ONCE
    _at_once(stage, [_bookings(part * share * _EACH, share * _EACH, stocks) for part in range(_AT_ONCE)])
    _at_once(stage, [_ledger(BASE + part * share * _EACH, share * _EACH) for part in range(_AT_ONCE)])
    _at_once(stage, indexes)
    _at_once(stage, [f"VACUUM (ANALYZE) {table}" for table in (*_TABLES, "wallet", "inventory")])
    return time.monotonic() - started


def _owners(stage: Stage, people: int, stocks: int) -> None:
    person = f"{BASE} + n"
    with stage.database("bookings") as connection:
        copies(
            connection,
            "wallet",
            f"user_id = {beneficiary(stage)}",
            people,
            {
                "id": person,
                "user_id": person,
                "spent_cents": str(_EACH * _PRICE),
                "digital_spent_cents": "0",
                "physical_spent_cents": "0",
            },
            first=0,
        )
        copies(
            connection,
            "inventory",
            "id = (SELECT min(id) FROM inventory)",
            stocks,
            {
                "id": person,
                "offer_id": person,
                "described_quantity": "NULL",
                "quantity": "NULL",
                "burned_quantity": "0",
                "booked_quantity": str(_STOCK_HOLDS),
            },
            first=0,
        )


def _bookings(first: int, rows: int, stocks: int) -> str:
    """Person p books one of each twentieth of the stocks: no offer twice, and of every stock as many."""
    person = f"{BASE} + n / {_EACH}"
    stock = f"{BASE} + (n % {_EACH}) * {stocks // _EACH} + (n / {_EACH}) % {stocks // _EACH}"
    step = f"n % {_EACH}"
    made = "now() - interval '1 year' * ((n * 7919::bigint) % 1000003 / 1000003.0) - interval '3 days'"
    return f"""INSERT INTO booking (id, user_id, stock_id, offer_id, venue_id, offerer_id, deposit_id, token, status,
          quantity, amount_cents, date_created, date_used, cancellation_limit_date, reimbursement_date, is_first_of_venue)
        OVERRIDING SYSTEM VALUE
        SELECT {BASE} + n, {person}, stock, stock, {BASE} + stock % 10007, {BASE} + stock % 5003, {person},
          {token(f"{BASE} + n")},
          CASE WHEN {step} < 12 THEN 'REIMBURSED' WHEN {step} < 17 THEN 'USED' ELSE 'CONFIRMED' END, 1,
          {_PRICE}, made, CASE WHEN {step} < 17 THEN made + interval '1 day' END, made + interval '2 days',
          CASE WHEN {step} < 12 THEN made + interval '2 days' END, false
        FROM (SELECT n, {stock} AS stock, {made} AS made FROM generate_series({first}, {first + rows - 1}) n) numbered"""  # noqa: S608


def _ledger(first: int, rows: int) -> str:
    return f"""INSERT INTO wallet_entry (wallet_id, booking_id, amount_cents, domain, reason, date_created)
        SELECT deposit_id, id, amount_cents, NULL, 'BOOKED', date_created FROM booking
        WHERE id >= {first} AND id < {first + rows}"""  # noqa: S608


def _drop_indexes(stage: Stage) -> list[str]:
    """Drop what would be kept up to date row by row; the statements that make it anew."""
    with stage.database("bookings") as connection:
        found = connection.execute(
            """SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i
               WHERE i.indrelid = ANY(%s::regclass[]) AND NOT i.indisprimary
               ORDER BY i.indrelid, i.indexrelid""",
            [list(_TABLES)],
        ).fetchall()
        for name, _ in found:
            connection.execute(f"DROP INDEX {name}".encode())
    return [definition for _, definition in found]


def _at_once(stage: Stage, statements: Sequence[str]) -> None:
    """Run statements on a few connections, in their order; the service's own limits on time do not hold here."""

    def run(statement: str) -> None:
        with stage.database("bookings") as connection:
            connection.execute("SET statement_timeout = 0")
            connection.execute(statement.encode())

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(run, statements))
