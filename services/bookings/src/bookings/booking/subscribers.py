"""What other contexts' facts do to bookings. Only facts are heard here, never replays: those repair replicas alone."""

from __future__ import annotations

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bookings.booking.actions import cancel_many, lock_bookings, reschedule, tell
from bookings.booking.models import Booking
from bookings.booking.rules import (
    is_cancelled_by_suspension,
    is_cancelled_with_its_offerer,
    is_cancelled_with_its_stock,
    reason_of_suspension,
)
from bookings.booking.values import BookingStatus, CancellationReason
from bookings.inventory.actions import lock_inventories, lock_offer_inventories, lock_offerer_inventories
from bookings.replicas.models import OfferReplica, StockReplica
from shared import clock
from shared.events import Event, Subscribers
from shared.events.offers import OFFER, OFFERER, STOCK, Offer, Offerer, Stock
from shared.events.users import USER, User

subscribers = Subscribers()

_LIVE = Booking.status != BookingStatus.CANCELLED.value


@subscribers.on(STOCK, "rescheduled")
async def follow_rescheduling(event: Event[Stock], session: AsyncSession) -> None:
    await reschedule(session, event.state.id, event.state.beginning_datetime)


@subscribers.on(STOCK, "deleted")
async def cancel_with_stock(event: Event[Stock], session: AsyncSession) -> None:
    # Whoever is booking this stock right now holds the lock: their booking is there once we have it.
    await lock_inventories(session, [event.state.id])
    is_event = bool(await session.scalar(select(OfferReplica.is_event).where(OfferReplica.id == event.state.offer_id)))
    ids = list(await session.scalars(select(Booking.id).where(Booking.stock_id == event.state.id, _LIVE)))
    await cancel_many(
        session,
        ids,
        reason=CancellationReason.OFFERER,
        still=lambda booking: is_cancelled_with_its_stock(booking.status, is_event=is_event),
    )


@subscribers.on(OFFER, "withdrawal_changed")
async def tell_new_terms(event: Event[Offer], session: AsyncSession) -> None:
    """Whoever still has to fetch something, or to go there, is told: a fact each, with the new terms."""
    await lock_offer_inventories(session, event.state.id)
    ids = await session.scalars(
        select(Booking.id)
        .join(StockReplica, StockReplica.id == Booking.stock_id)
        .where(
            Booking.offer_id == event.state.id,
            Booking.status == BookingStatus.CONFIRMED.value,
            or_(StockReplica.beginning_datetime.is_(None), StockReplica.beginning_datetime > clock.now()),
        )
    )
    live = await lock_bookings(session, list(ids))
    await tell(
        session,
        "withdrawal_changed",
        [booking.id for booking in live if booking.status == BookingStatus.CONFIRMED.value],
    )


@subscribers.on(OFFER, "rejected")
async def cancel_with_offer(event: Event[Offer], session: AsyncSession) -> None:
    await lock_offer_inventories(session, event.state.id)
    ids = list(await session.scalars(select(Booking.id).where(Booking.offer_id == event.state.id, _LIVE)))
    is_event = event.state.subcategory.is_event
    await cancel_many(
        session,
        ids,
        reason=CancellationReason.FRAUD_INAPPROPRIATE,
        still=lambda booking: is_cancelled_with_its_stock(booking.status, is_event=is_event),
    )


@subscribers.on(OFFERER, "closed")
async def cancel_with_offerer(event: Event[Offerer], session: AsyncSession) -> None:
    await lock_offerer_inventories(session, event.state.id)
    now = clock.now()
    rows = await session.execute(
        select(Booking.id, StockReplica.beginning_datetime)
        .join(StockReplica, StockReplica.id == Booking.stock_id)
        .where(Booking.offerer_id == event.state.id, Booking.status == BookingStatus.CONFIRMED.value)
    )
    beginnings = {row.id: row.beginning_datetime for row in rows}
    await cancel_many(
        session,
        list(beginnings),
        reason=CancellationReason.OFFERER_CLOSED,
        still=lambda booking: is_cancelled_with_its_offerer(booking.status, beginnings[booking.id], now),
    )


@subscribers.on(USER, "suspended")
async def cancel_with_holder(event: Event[User], session: AsyncSession) -> None:
    now = clock.now()
    suspension = event.state.suspension_reason
    rows = await session.execute(
        select(Booking.id, OfferReplica.is_event)
        .join(OfferReplica, OfferReplica.id == Booking.offer_id)
        .where(Booking.user_id == event.state.id, Booking.status == BookingStatus.CONFIRMED.value)
    )
    is_event = {row.id: row.is_event for row in rows}
    await cancel_many(
        session,
        list(is_event),
        reason=reason_of_suspension(suspension),
        still=lambda booking: is_cancelled_by_suspension(
            suspension,
            status=booking.status,
            is_event=is_event[booking.id],
            limit=booking.cancellation_limit_date,
            now=now,
        ),
    )
