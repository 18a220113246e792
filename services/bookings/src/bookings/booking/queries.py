"""Reads of bookings for their holders."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bookings.booking.models import Booking
from bookings.booking.values import BookingStatus
from bookings.inventory.models import ActivationCode
from bookings.replicas.models import OfferReplica, StockReplica, UserReplica, VenueReplica
from bookings.wallet.models import Wallet


@dataclass(frozen=True, slots=True)
class HeldBooking:
    """A booking with what its holder sees around it. `deposit_type` is null when no deposit was active."""

    booking: Booking
    stock: StockReplica
    offer: OfferReplica
    venue: VenueReplica
    code: ActivationCode | None
    deposit_type: str | None


async def held_bookings(session: AsyncSession, user_id: int, *conditions: ColumnElement[bool]) -> list[HeldBooking]:
    """A person's bookings, the newest first, in one statement."""
    rows = await session.execute(
        select(Booking, StockReplica, OfferReplica, VenueReplica, ActivationCode, Wallet.type)
        .join(StockReplica, StockReplica.id == Booking.stock_id)
        .join(OfferReplica, OfferReplica.id == Booking.offer_id)
        .join(VenueReplica, VenueReplica.id == Booking.venue_id)
        .outerjoin(ActivationCode, ActivationCode.booking_id == Booking.id)
        .outerjoin(Wallet, Wallet.id == Booking.deposit_id)
        .where(Booking.user_id == user_id, *conditions)
        .order_by(Booking.id.desc())
    )
    return [HeldBooking(*row) for row in rows]


async def held_booking(session: AsyncSession, user_id: int, booking_id: int) -> HeldBooking | None:
    """One booking of the person; None when there is none such or it is somebody else's."""
    found = await held_bookings(session, user_id, Booking.id == booking_id)
    return found[0] if found else None


async def listed_bookings(session: AsyncSession, user_id: int, *, ended: bool) -> list[HeldBooking]:
    """The person's ended or ongoing bookings as the app's list tells them apart: archived or no longer to come."""
    over = or_(
        Booking.display_as_ended.is_(True),
        Booking.status.in_([BookingStatus.USED.value, BookingStatus.REIMBURSED.value, BookingStatus.CANCELLED.value]),
    )
    ongoing = and_(Booking.display_as_ended.is_not(True), Booking.status == BookingStatus.CONFIRMED.value)
    return await held_bookings(session, user_id, over if ended else ongoing)


async def holder(session: AsyncSession, user_id: int) -> UserReplica | None:
    """What is known of a person here."""
    return await session.get(UserReplica, user_id)
