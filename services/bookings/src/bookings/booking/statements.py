"""The two statements of a booking, for psycopg: one reads and locks all facts, one writes everything.

Locks are taken in the order of the whole service: the stock's inventory, the person, the wallet, then a code. The facts that
are not locked (stock, offer, offerer as described) are compared by version when writing: if one moved on meanwhile, the
decision is taken again.
"""

from __future__ import annotations

from functools import cache

from bookings.booking.facts import CodeFacts, OffererFacts, OfferFacts, StockFacts, UserFacts, VenueFacts
from bookings.idempotency.keys import COLUMNS as KEY_COLUMNS
from bookings.wallet.rules import PURSE_COLUMNS

BOOKING_COLUMNS = (
    "id",
    "user_id",
    "stock_id",
    "offer_id",
    "venue_id",
    "offerer_id",
    "deposit_id",
    "token",
    "status",
    "quantity",
    "amount_cents",
    "price_category_label",
    "date_created",
    "date_used",
    "cancellation_limit_date",
    "validation_author_type",
    "used_recredit_type",
    "is_first_of_venue",
)
OUTBOX_COLUMNS = ("event_id", "stream", "name", "schema_version", "aggregate_id", "occurred_at", "trace", "state")


def _columns(alias: str, names: tuple[str, ...]) -> str:
    return ", ".join(f"{alias}.{name}" for name in names)


def _named(names: tuple[str, ...], suffix: str = "") -> str:
    return ", ".join(f"%({name}{suffix})s" for name in names)


READ: bytes = f"""
WITH held AS MATERIALIZED (
  SELECT id, version, offer_id, described_quantity, burned_quantity, quantity, booked_quantity
  FROM inventory WHERE id = %(stock_id)s FOR NO KEY UPDATE
), holder AS MATERIALIZED (
  SELECT {", ".join(UserFacts._fields)} FROM user_replica
  WHERE id = %(user_id)s AND (SELECT count(*) FROM held) >= 0 FOR NO KEY UPDATE
), purse AS MATERIALIZED (
  SELECT {", ".join(PURSE_COLUMNS)} FROM wallet
  WHERE user_id = %(user_id)s AND (SELECT count(*) FROM holder) >= 0
  ORDER BY expiration_date DESC NULLS FIRST, id DESC LIMIT 1 FOR NO KEY UPDATE
), code AS MATERIALIZED (
  SELECT id, code, expiration_date FROM activation_code
  WHERE stock_id = %(stock_id)s AND booking_id IS NULL AND (expiration_date IS NULL OR expiration_date > %(now)s)
    AND (SELECT count(*) FROM purse) >= 0
  ORDER BY id LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED
)
SELECT
  held.quantity, held.booked_quantity,
  EXISTS (SELECT FROM activation_code a WHERE a.stock_id = %(stock_id)s),
  EXISTS (SELECT FROM booking b WHERE b.user_id = %(user_id)s AND b.offer_id = s.offer_id AND b.status <> 'CANCELLED'),
  NOT EXISTS (SELECT FROM booking b WHERE b.venue_id = o.venue_id),
  nextval('booking_id_seq'),
  {_columns("holder", UserFacts._fields)},
  {_columns("purse", PURSE_COLUMNS)},
  {_columns("code", CodeFacts._fields)},
  {_columns("s", StockFacts._fields)},
  {_columns("o", OfferFacts._fields)},
  {_columns("v", VenueFacts._fields)},
  {_columns("f", OffererFacts._fields)}
FROM (SELECT 1) one
LEFT JOIN held ON true
LEFT JOIN holder ON true
LEFT JOIN purse ON true
LEFT JOIN code ON true
LEFT JOIN stock_replica s ON s.id = held.id
LEFT JOIN offer_replica o ON o.id = s.offer_id
LEFT JOIN venue_replica v ON v.id = o.venue_id
LEFT JOIN offerer_replica f ON f.id = v.offerer_id
""".encode()  # noqa: S608 - names of columns of our own


@cache
def write(*, paid: bool, coded: bool, keyed: bool, facts: int) -> bytes:
    """The statement that books; it answers how many of stock, wallet and code rows it changed, each 1 when all is well.

    Without `paid` no money moves, without `coded` no activation code is handed out, without `keyed` no answer is
    kept; `facts` rows go to the outbox.
    """
    parts = [
        """stock AS (
  UPDATE inventory SET booked_quantity = booked_quantity + %(quantity)s
  WHERE id = %(stock_id)s AND (quantity IS NULL OR booked_quantity + %(quantity)s <= quantity)
    AND EXISTS (
      SELECT FROM stock_replica s, offer_replica o, offerer_replica f
      WHERE s.id = %(stock_id)s AND s.version = %(stock_version)s
        AND o.id = %(offer_id)s AND o.version = %(offer_version)s
        AND f.id = %(offerer_id)s AND f.version = %(offerer_version)s
    )
  RETURNING id
)""",
        f"""booked AS (
  INSERT INTO booking ({", ".join(BOOKING_COLUMNS)}) VALUES ({_named(BOOKING_COLUMNS)})
)""",  # noqa: S608
        f"""told AS (
  INSERT INTO outbox ({", ".join(OUTBOX_COLUMNS)})
  VALUES {", ".join(f"({_named(OUTBOX_COLUMNS, str(row))})" for row in range(facts))}
)""",  # noqa: S608
    ]
    counted = ["(SELECT count(*) FROM stock)", "1", "1"]
    if paid:
        parts.append(
            """purse AS (
  UPDATE wallet SET spent_cents = spent_cents + %(total)s, digital_spent_cents = digital_spent_cents + %(digital)s,
    physical_spent_cents = physical_spent_cents + %(physical)s
  WHERE id = %(deposit_id)s AND spent_cents + %(total)s <= credit_cents
  RETURNING id
), line AS (
  INSERT INTO wallet_entry (wallet_id, booking_id, amount_cents, domain, reason, date_created)
  VALUES (%(deposit_id)s, %(id)s, %(total)s, %(domain)s, 'BOOKED', %(date_created)s)
)"""
        )
        counted[1] = "(SELECT count(*) FROM purse)"
    if coded:
        parts.append(
            """code AS (
  UPDATE activation_code SET booking_id = %(id)s WHERE id = %(code_id)s AND booking_id IS NULL RETURNING id
)"""
        )
        counted[2] = "(SELECT count(*) FROM code)"
    if keyed:
        parts.append(
            f"""answered AS (
  INSERT INTO idempotency_key ({", ".join(KEY_COLUMNS)})
  VALUES ({", ".join(f"%(key_{name})s" for name in KEY_COLUMNS)})
)"""  # noqa: S608
        )
    return f"WITH {', '.join(parts)} SELECT {', '.join(counted)}".encode()
