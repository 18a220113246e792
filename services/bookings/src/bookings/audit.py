"""What must hold in the database whatever happened: seats, money and facts agree to the cent."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


def _last_facts(stream: str) -> str:
    """The newest fact of each aggregate that the outbox still holds, in one pass over it."""
    return (
        f"SELECT DISTINCT ON (aggregate_id) aggregate_id, state FROM outbox WHERE stream = '{stream}' "  # noqa: S608
        "ORDER BY aggregate_id, id DESC"
    )


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
    "what a replaced deposit left is carried over": """
        SELECT n.id, n.carried_cents, o.granted_cents, o.spent_cents FROM wallet n JOIN wallet o ON o.id = n.replaces_id
        WHERE n.carried_cents <> greatest(0, o.granted_cents - o.spent_cents)
          OR o.replaced_by_id IS DISTINCT FROM n.id OR o.credit_cents <> o.spent_cents""",
    "one live booking a person and offer": """
        SELECT user_id, offer_id FROM booking WHERE status <> 'CANCELLED'
        GROUP BY user_id, offer_id HAVING count(*) > 1""",
    "a code a booking": """
        SELECT booking_id FROM activation_code WHERE booking_id IS NOT NULL GROUP BY booking_id HAVING count(*) > 1""",
    "the last fact of an inventory is the truth": f"""
        SELECT i.id FROM inventory i JOIN ({_last_facts("bookings.inventory")}) last ON last.aggregate_id = i.id
        WHERE (last.state ->> 'booked_quantity')::bigint <> i.booked_quantity
          OR (last.state ->> 'quantity')::bigint IS DISTINCT FROM i.quantity""",  # noqa: S608
    "the last fact of a wallet is the truth": f"""
        SELECT w.id FROM wallet w JOIN ({_last_facts("bookings.wallet")}) last ON last.aggregate_id = w.id
        WHERE (last.state ->> 'spent_cents')::bigint <> w.spent_cents""",  # noqa: S608
    "the last fact of a booking is the truth": f"""
        SELECT b.id FROM booking b JOIN ({_last_facts("bookings.booking")}) last ON last.aggregate_id = b.id
        WHERE last.state ->> 'status' <> b.status""",  # noqa: S608
}


# One statement sees one moment, so that the laws can be looked at under load.
_ALL = text(
    " UNION ALL ".join(
        f"SELECT {number}, to_jsonb(broken) FROM ({statement}) broken"  # noqa: S608
        for number, statement in enumerate(LAWS.values())
    )
)


async def broken_laws(session: AsyncSession) -> dict[str, list[dict[str, Any]]]:
    """The laws that do not hold, each with the rows that break it; empty when all is well."""
    names = list(LAWS)
    broken: dict[str, list[dict[str, Any]]] = {}
    for number, row in await session.execute(_ALL):
        broken.setdefault(names[number], []).append(row)
    return broken
