"""Reads of the replicas."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from documents.replicas.models import BookingReplica, DepositReplica
from shared.events.bookings import Booking


async def booking_of(session: AsyncSession, booking_id: int, user_id: int) -> Booking | None:
    """The booking, when it is that person's; None when unknown or somebody else's."""
    state = await session.scalar(
        select(BookingReplica.state).where(BookingReplica.id == booking_id, BookingReplica.user_id == user_id)
    )
    return None if state is None else Booking.model_validate(state)


async def standing_bookings(session: AsyncSession, stock_id: int, limit: int) -> list[Booking]:
    """The confirmed bookings of a stock, oldest first."""
    states = await session.scalars(
        select(BookingReplica.state)
        .where(BookingReplica.stock_id == stock_id, BookingReplica.status == "CONFIRMED")
        .order_by(BookingReplica.id)
        .limit(limit)
    )
    return [Booking.model_validate(state) for state in states]


async def has_credit(session: AsyncSession, user_id: int, moment: datetime) -> bool:
    """Whether the person has a credit that is not over at `moment`."""
    return bool(
        await session.scalar(
            select(
                exists().where(
                    DepositReplica.user_id == user_id,
                    or_(DepositReplica.expiration_date.is_(None), DepositReplica.expiration_date > moment),
                )
            )
        )
    )
