"""Keeps the replicas of other contexts' facts."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from offers.replicas.models import InventoryReplica, UserReplica
from shared.database import upsert_replica
from shared.events import Event, Subscribers
from shared.events.bookings import INVENTORY, Inventory
from shared.events.users import USER, User

subscribers = Subscribers()


@subscribers.on(USER)
async def replicate_user(event: Event[User], session: AsyncSession) -> None:
    state = event.state
    await upsert_replica(
        session, UserReplica, event, email=state.email, roles=list(state.roles), is_active=state.is_active
    )


@subscribers.on(INVENTORY)
async def replicate_inventory(event: Event[Inventory], session: AsyncSession) -> None:
    state = event.state
    await upsert_replica(
        session,
        InventoryReplica,
        event,
        offer_id=state.offer_id,
        quantity=state.quantity,
        booked_quantity=state.booked_quantity,
    )
