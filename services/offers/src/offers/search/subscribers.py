"""Offers that sell out leave the index; offers that have seats again come back."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from offers.search.actions import index_offer
from offers.search.rules import may_change_what_is_left
from shared.events.bookings import INVENTORY, Inventory
from shared.events.envelope import REPLAYED, Event
from shared.events.subscribers import Subscribers

subscribers = Subscribers()


@subscribers.on(INVENTORY)
async def follow_inventory(event: Event[Inventory], session: AsyncSession) -> None:
    """Index the offer again when this news may have changed whether the stock is sold out.

    It runs after the replica of inventories was written: the worker joins `replicas` first.
    """
    if event.fact == REPLAYED or may_change_what_is_left(event.state.quantity, event.state.booked_quantity):
        await index_offer(session, event.state.offer_id)
