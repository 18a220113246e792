"""What must hold in the database whatever happened: seats, money and facts agree to the cent."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

LAWS = {
    "booked = sum of live quantities": """
        SELECT i.id, i.booked_quantity, coalesce(sum(b.quantity), 0) FROM inventory i
        LEFT JOIN booking b ON b.stock_id = i.id AND b.status <> 'CANCELLED'
        GROUP BY i.id HAVING i.booked_quantity <> coalesce(sum(b.quantity), 0)""",
    "booked <= quantity": "SELECT id FROM inventory WHERE booked_quantity > quantity OR booked_quantity < 0",
    "spent = sum of the ledger": """
        SELECT w.id, w.spent_cents, coalesce(sum(e.amount_cents), 0) FROM wallet w
        LEFT JOIN wallet_entry e ON e.wallet_id = w.id
        GROUP BY w.id HAVING w.spent_cents <> coalesce(sum(e.amount_cents), 0)
          OR w.digital_spent_cents <> coalesce(sum(e.amount_cents) FILTER (WHERE e.domain = 'DIGITAL'), 0)
          OR w.physical_spent_cents <> coalesce(sum(e.amount_cents) FILTER (WHERE e.domain = 'PHYSICAL'), 0)""",
    "spent = sum of live bookings": """
        SELECT w.id, w.spent_cents, coalesce(sum(b.amount_cents * b.quantity), 0) FROM wallet w
        LEFT JOIN booking b ON b.deposit_id = w.id AND b.status <> 'CANCELLED'
        GROUP BY w.id HAVING w.spent_cents <> coalesce(sum(b.amount_cents * b.quantity), 0)""",
    "spent <= credit": "SELECT id FROM wallet WHERE spent_cents > credit_cents OR spent_cents < 0",
    "one live booking a person and offer": """
        SELECT user_id, offer_id FROM booking WHERE status <> 'CANCELLED'
        GROUP BY user_id, offer_id HAVING count(*) > 1""",
    "a code a booking": """
        SELECT booking_id FROM activation_code WHERE booking_id IS NOT NULL GROUP BY booking_id HAVING count(*) > 1""",
    "the last fact of an inventory is the truth": """
        SELECT i.id FROM inventory i JOIN LATERAL (
          SELECT state FROM outbox o WHERE o.stream = 'bookings.inventory' AND o.aggregate_id = i.id
          ORDER BY o.id DESC LIMIT 1) last ON true
        WHERE (last.state ->> 'booked_quantity')::bigint <> i.booked_quantity""",
    "the last fact of a wallet is the truth": """
        SELECT w.id FROM wallet w JOIN LATERAL (
          SELECT state FROM outbox o WHERE o.stream = 'bookings.wallet' AND o.aggregate_id = w.id
          ORDER BY o.id DESC LIMIT 1) last ON true
        WHERE (last.state ->> 'spent_cents')::bigint <> w.spent_cents""",
}


async def broken_laws(session: AsyncSession) -> dict[str, list[tuple[Any, ...]]]:
    """The laws that do not hold, each with the rows that break it; empty when all is well."""
    broken = {}
    for law, statement in LAWS.items():
        rows = [tuple(row) for row in await session.execute(text(statement))]
        if rows:
            broken[law] = rows
    return broken
