"""Keeps what must be known of bookings to accept reactions."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from offers.reactions.models import BookingReplica
from shared.database import upsert_replica
from shared.events import Event, Subscribers
from shared.events.bookings import BOOKING, Booking

subscribers = Subscribers()


@subscribers.on(BOOKING)
async def replicate_booking(event: Event[Booking], session: AsyncSession) -> None:
    state = event.state
    await upsert_replica(
        session,
        BookingReplica,
        event,
        user_id=state.user_id,
        offer_id=state.offer_id,
        product_id=state.offer.product_id,
        subcategory_id=state.offer.subcategory.id,
        status=state.status,
        date_created=state.date_created,
        date_used=state.date_used,
    )
