"""Reads of wallets."""

from __future__ import annotations

from dataclasses import dataclass

from bookings.wallet.rules import PURSE_COLUMNS, DomainsCredit, Purse, domains_credit
from shared import clock
from shared.database import Database, read_row

_MINE: bytes = f"""
SELECT {", ".join(f"w.{name}" for name in PURSE_COLUMNS)}, u.department_code, (
    SELECT json_object_agg(b.offer_id, b.id ORDER BY b.id) FROM booking b
    WHERE b.user_id = %(user_id)s AND b.status <> 'CANCELLED'
  )
FROM (SELECT 1) one
LEFT JOIN LATERAL (
  SELECT * FROM wallet WHERE user_id = %(user_id)s ORDER BY expiration_date DESC NULLS FIRST, id DESC LIMIT 1
) w ON true
LEFT JOIN user_replica u ON u.id = %(user_id)s
""".encode()  # noqa: S608 - names of columns of our own


@dataclass(frozen=True, slots=True)
class MyWallet:
    """What is left of a person's deposit, the one that ends last (None: they never had one), and their live bookings: ids by
    the offer's id in decimal.
    """

    credit: DomainsCredit | None
    booked_offers: dict[str, int]


async def my_wallet(database: Database, user_id: int) -> MyWallet:
    """Everything about a person's money, in one round trip."""
    row = await read_row(database, _MINE, {"user_id": user_id})
    assert row is not None  # noqa: S101 - the statement's left side always has one row
    *purse, department_code, offers = row
    if purse[0] is None:
        return MyWallet(None, offers or {})
    return MyWallet(domains_credit(Purse(*purse), department_code, clock.now()), offers or {})
