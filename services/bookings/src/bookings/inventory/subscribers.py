"""Inventories hear what partners describe. They must hear it before the stock's replica does: locks come in that order."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from bookings.inventory.actions import describe, receive_code
from shared.events import Event, Subscribers
from shared.events.offers import ACTIVATION_CODE, STOCK, ActivationCode, Stock

subscribers = Subscribers()


@subscribers.on(STOCK)
async def follow_stock(event: Event[Stock], session: AsyncSession) -> None:
    await describe(session, event)


@subscribers.on(ACTIVATION_CODE)
async def follow_activation_code(event: Event[ActivationCode], session: AsyncSession) -> None:
    await receive_code(session, event)
