"""Compares what the clients saw with what the databases hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg.rows import dict_row

from tests.faults.seen import Seen

_BOOKINGS = "SELECT id, user_id, stock_id, status FROM booking WHERE user_id = ANY(%s)"
_STOCKS = "SELECT id, price_cents, quantity FROM stock WHERE id = ANY(%s)"
_TOLD = """
SELECT event_id, name, aggregate_id, state ->> 'status' AS status, state ->> 'user_id' AS user_id FROM outbox
WHERE stream = 'bookings.booking' AND aggregate_id = ANY(%s)"""
_MAILS = "SELECT event_id, booking_id, kind, recipient, user_id, state FROM mail WHERE booking_id = ANY(%s)"


async def contradictions(environment: Mapping[str, str], seen: Seen) -> list[str]:
    """Sentences about everything that a client was told and that is not so. The platform is at rest."""
    bookings = await _rows(environment["DATABASE_URL_BOOKINGS"], _BOOKINGS, list(seen.people))
    stocks = await _rows(environment["DATABASE_URL_OFFERS"], _STOCKS, list(seen.stocks))
    told = await _rows(environment["DATABASE_URL_BOOKINGS"], _TOLD, list(seen.bookings))
    mails = await _rows(environment["DATABASE_URL_DOCUMENTS"], _MAILS, list(seen.bookings))
    return [*_of_bookings(bookings, seen), *_of_stocks(stocks, seen), *_of_mails(told, mails)]


async def _rows(url: str, query: str, parameter: list[int]) -> list[dict[str, Any]]:
    async with await psycopg.AsyncConnection.connect(url, row_factory=dict_row) as connection:
        return await (await connection.execute(query, (parameter,))).fetchall()


def _of_bookings(rows: list[dict[str, Any]], seen: Seen) -> list[str]:
    """Every booking acknowledged is there as last told, and no other: what was refused is not."""
    found = {row["id"]: row for row in rows}
    wrong = [f"booking {booking_id} was acknowledged and is not there" for booking_id in seen.bookings.keys() - found]
    wrong += [f"booking {booking_id} is there and nobody was told" for booking_id in found.keys() - seen.bookings]
    for booking_id in found.keys() & seen.bookings:
        row, held = found[booking_id], seen.bookings[booking_id]
        if (row["user_id"], row["stock_id"]) != (held.user_id, held.stock_id):
            wrong.append(f"booking {booking_id} is not the one that was asked for")
        # A haunted booking may have been touched by a try that its client had given up.
        if row["status"] != held.status and not held.haunted:
            wrong.append(f"booking {booking_id} is {row['status']}, and the last answer made it {held.status}")
    return wrong


def _of_stocks(rows: list[dict[str, Any]], seen: Seen) -> list[str]:
    found = {row["id"]: (row["price_cents"], row["quantity"]) for row in rows}
    return [
        f"stock {stock.stock_id} is {found.get(stock.stock_id)}, last acknowledged {(stock.price_cents, stock.quantity)}"
        for stock in seen.stocks.values()
        if not stock.unsure and found.get(stock.stock_id) != (stock.price_cents, stock.quantity)
    ]


def _of_mails(told: list[dict[str, Any]], mails: list[dict[str, Any]]) -> list[str]:
    """Each fact that calls for a mail to the holder got one, sent; no fact two; no mail without its fact."""
    due = {("booking.created", "booking_confirmed"), ("booking.cancelled", "cancelled_by_beneficiary")}
    expected = {(row["event_id"], kind) for row in told for name, kind in due if row["name"] == name}
    sent = Counter((mail["event_id"], mail["kind"]) for mail in mails if mail["user_id"] is not None)
    wrong = [f"no mail {kind} for the fact {event}" for event, kind in expected - sent.keys()]
    wrong += [f"a mail {kind} that no fact called for: {event}" for event, kind in sent.keys() - expected]
    wrong += [f"{count} mails {kind} for the fact {event}" for (event, kind), count in sent.items() if count > 1]
    wrong += [f"a mail {mail['kind']} is {mail['state']}" for mail in mails if mail["state"] != "sent"]
    return wrong
