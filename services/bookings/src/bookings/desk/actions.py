"""What the desk does to a booking. Each is one transaction that holds the booking's row from the decision to its end."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from bookings.booking.actions import tell
from bookings.booking.models import Booking
from bookings.booking.values import BookingStatus, ValidationAuthor
from bookings.booking_list.queries import Reader
from bookings.desk.queries import Counter, booking_at_desk
from bookings.desk.rules import Refusal, refusal_to_keep, refusal_to_use, token_entered
from shared import clock


class UnknownToken(Exception):
    """No booking has this counter-mark, or it is another structure's."""


class DeskRefused(Exception):
    """The rules say no to this booking."""

    def __init__(self, refusal: Refusal, counter: Counter) -> None:
        super().__init__(refusal)
        self.refusal = refusal
        self.counter = counter


async def present(session: AsyncSession, reader: Reader, token: str, *, lock: bool = False) -> Counter:
    """The booking of a counter-mark as typed. Raises UnknownToken."""
    entered = token_entered(token)
    counter = await booking_at_desk(session, reader, entered, lock=lock) if entered is not None else None
    if counter is None:
        raise UnknownToken
    return counter


async def use_booking(session: AsyncSession, reader: Reader, token: str) -> None:
    """Validate a booking; tells `booking.used`. Raises UnknownToken, DeskRefused."""
    now = clock.now()
    counter = await present(session, reader, token, lock=True)
    refusal = refusal_to_use(counter.presented, now)
    if refusal is not None:
        raise DeskRefused(refusal, counter)
    booking = await session.get_one(Booking, counter.booking_id)
    booking.status = BookingStatus.USED.value
    booking.date_used = now
    booking.validation_author_type = ValidationAuthor.OFFERER.value
    await tell(session, "used", [booking.id])


async def keep_booking(session: AsyncSession, reader: Reader, token: str) -> None:
    """Take a validation back; tells `booking.unused`. Who had validated stays on record.

    Raises UnknownToken, DeskRefused.
    """
    counter = await present(session, reader, token, lock=True)
    refusal = refusal_to_keep(counter.presented)
    if refusal is not None:
        raise DeskRefused(refusal, counter)
    booking = await session.get_one(Booking, counter.booking_id)
    booking.status = BookingStatus.CONFIRMED.value
    booking.date_used = None
    await tell(session, "unused", [booking.id])
