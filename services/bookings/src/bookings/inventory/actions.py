"""What happens to the number of a stock that is left."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bookings.inventory.models import ActivationCode, Inventory
from bookings.inventory.rules import bookable_quantity
from bookings.replicas.models import OfferReplica
from shared.database import emit, upsert_replica
from shared.events import Event
from shared.events.bookings import INVENTORY
from shared.events.bookings import Inventory as InventoryState
from shared.events.offers import ActivationCode as ActivationCodeState
from shared.events.offers import Stock


async def lock_inventories(session: AsyncSession, stock_ids: Collection[int]) -> dict[int, Inventory]:
    """Lock the inventories of the stocks, in the order of their ids; always before bookings and wallets."""
    rows = await session.scalars(
        select(Inventory)
        .where(Inventory.id.in_(sorted(set(stock_ids))))
        .order_by(Inventory.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return {inventory.id: inventory for inventory in rows}


async def lock_offer_inventories(session: AsyncSession, offer_id: int) -> list[int]:
    """Lock the inventories of all stocks of an offer; their ids."""
    rows = await session.scalars(
        select(Inventory.id)
        .where(Inventory.offer_id == offer_id)
        .order_by(Inventory.id)
        .with_for_update(key_share=True)
    )
    return list(rows)


async def lock_offerer_inventories(session: AsyncSession, offerer_id: int) -> list[int]:
    """Lock the inventories of all stocks of an offerer; their ids."""
    offers = select(OfferReplica.id).where(OfferReplica.offerer_id == offerer_id)
    rows = await session.scalars(
        select(Inventory.id)
        .where(Inventory.offer_id.in_(offers))
        .order_by(Inventory.id)
        .with_for_update(key_share=True, of=Inventory)
    )
    return list(rows)


async def describe(session: AsyncSession, event: Event[Stock]) -> None:
    """Take over the quantity that the partner describes; tells `inventory.changed` when what may be booked changes.

    A quantity below what is booked already is brought up to it: the partner was late, nobody loses their seat.
    """
    state = event.state
    inventory = (await lock_inventories(session, [state.id])).get(state.id)
    if inventory is None:
        await upsert_replica(
            session,
            Inventory,
            event,
            offer_id=state.offer_id,
            described_quantity=state.quantity,
            quantity=state.quantity,
        )
        return
    if inventory.version >= event.aggregate_version:
        return
    before = inventory.quantity
    inventory.version = event.aggregate_version
    inventory.offer_id = state.offer_id
    inventory.described_quantity = state.quantity
    inventory.quantity = bookable_quantity(
        described=state.quantity, burned=inventory.burned_quantity, booked=inventory.booked_quantity
    )
    if inventory.quantity != before or inventory.quantity != state.quantity:
        await tell(session, inventory)
    else:
        await session.flush()


async def give_back(session: AsyncSession, inventory: Inventory, *, quantity: int, burned: int = 0) -> None:
    """Free what a cancelled booking held; tells `inventory.changed`. The inventory is locked.

    `burned` counts the activation codes that went with it: they are not sold again.
    """
    inventory.booked_quantity -= quantity
    inventory.burned_quantity += burned
    inventory.quantity = bookable_quantity(
        described=inventory.described_quantity, burned=inventory.burned_quantity, booked=inventory.booked_quantity
    )
    await tell(session, inventory)


async def tell(session: AsyncSession, inventory: Inventory) -> None:
    """Publish an inventory as it is now; it is locked or just written."""
    await emit(session, INVENTORY, "changed", state_of(inventory))


def state_of(inventory: Inventory) -> InventoryState:
    return InventoryState(
        id=inventory.id,
        offer_id=inventory.offer_id,
        quantity=inventory.quantity,
        booked_quantity=inventory.booked_quantity,
    )


async def receive_code(session: AsyncSession, event: Event[ActivationCodeState]) -> None:
    """Put an activation code on the shelf; one that a booking has stays with it."""
    state = event.state
    await upsert_replica(
        session, ActivationCode, event, stock_id=state.stock_id, code=state.code, expiration_date=state.expiration_date
    )
