"""Wallets hear of deposits."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from bookings.booking.handover import receive_deposit
from shared.events import Event, Subscribers
from shared.events.users import DEPOSIT, Deposit

subscribers = Subscribers()


@subscribers.on(DEPOSIT)
async def follow_deposit(event: Event[Deposit], session: AsyncSession) -> None:
    await receive_deposit(session, event)
