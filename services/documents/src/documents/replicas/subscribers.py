"""Keeps the replicas. Registered before the mails' handlers, which read them."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from documents.erasure.queries import erased_among
from documents.erasure.rules import anonymous_holder
from documents.replicas.models import BookingReplica, DepositReplica
from shared.database.replicas import upsert_replica
from shared.events.bookings import BOOKING, Booking
from shared.events.envelope import Event
from shared.events.subscribers import Subscribers
from shared.events.users import DEPOSIT, Deposit

subscribers = Subscribers()


@subscribers.on(BOOKING)
async def replicate_booking(event: Event[Booking], session: AsyncSession) -> None:
    state = event.state
    said = state.model_dump(mode="json")
    nobody = (await erased_among(session, {state.user_id})).get(state.user_id)
    await upsert_replica(
        session,
        BookingReplica,
        event,
        user_id=state.user_id,
        stock_id=state.stock_id,
        token=state.token,
        status=state.status,
        # A fact that is later than the erasure of the holder on its own stream must not bring them back.
        state=anonymous_holder(said, nobody) if nobody is not None else said,
    )


@subscribers.on(DEPOSIT)
async def replicate_deposit(event: Event[Deposit], session: AsyncSession) -> None:
    await upsert_replica(
        session, DepositReplica, event, user_id=event.state.user_id, expiration_date=event.state.expiration_date
    )
