"""What happens to bookings once they are made. Booking itself is in `book`."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bookings.booking.book import Booked, InactiveHolder, Refused, UnknownStock, book
from bookings.booking.models import Booking
from bookings.booking.rules import (
    CancellationRefusal,
    is_taken_back_when_rescheduled,
    refusal_to_cancel,
    rescheduled_cancellation_limit,
)
from bookings.booking.states import booking_states
from bookings.booking.values import BookingStatus, CancellationReason, ValidationAuthor
from bookings.inventory.actions import give_back, lock_inventories
from bookings.inventory.models import ActivationCode
from bookings.replicas.models import UserReplica
from bookings.wallet.actions import lock_with_heirs, refund, spendings_of
from shared import clock
from shared.database import emit
from shared.events.bookings import BOOKING

__all__ = [
    "Booked",
    "CancellationRefused",
    "InactiveHolder",
    "Refused",
    "UnknownBooking",
    "UnknownStock",
    "archive",
    "book",
    "cancel_as_beneficiary",
    "cancel_many",
    "change_display",
    "reimburse_many",
    "reschedule",
    "tell",
    "use_many",
]


class UnknownBooking(Exception):
    """There is no such booking, or it is somebody else's."""


class CancellationRefused(Exception):
    """The rules say no."""

    def __init__(self, refusal: CancellationRefusal) -> None:
        super().__init__(refusal)
        self.refusal = refusal


async def tell(session: AsyncSession, fact: str, booking_ids: Collection[int]) -> None:
    """Publish a fact about each of the bookings, as they are now. They are locked or just written."""
    await session.flush()
    states = await booking_states(session, booking_ids)
    for booking_id in booking_ids:
        await emit(session, BOOKING, fact, states[booking_id])


async def lock_bookings(session: AsyncSession, ids: Collection[int]) -> list[Booking]:
    """Lock bookings in the order of their ids and read them anew; after inventories, before wallets."""
    rows = await session.scalars(
        select(Booking)
        .where(Booking.id.in_(sorted(set(ids))))
        .order_by(Booking.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return list(rows)


async def cancel_as_beneficiary(session: AsyncSession, *, user_id: int, booking_id: int) -> None:
    """Cancel one's own booking; tells `booking.cancelled`, `inventory.changed` and, when money moved, `wallet.changed`.

    A booking that is cancelled already stays so, silently. Raises UnknownBooking, CancellationRefused.
    """
    found = await session.execute(
        select(Booking.stock_id, UserReplica.roles)
        .join(UserReplica, UserReplica.id == Booking.user_id)
        .where(Booking.id == booking_id, Booking.user_id == user_id)
    )
    row = found.one_or_none()
    if row is None:
        raise UnknownBooking
    stock_id, roles = row
    await lock_inventories(session, [stock_id])
    (booking,) = await lock_bookings(session, [booking_id])
    refusal = refusal_to_cancel(
        roles=roles, status=booking.status, limit=booking.cancellation_limit_date, now=clock.now()
    )
    if refusal is CancellationRefusal.ALREADY_CANCELLED:
        return
    if refusal is not None:
        raise CancellationRefused(refusal)
    await _cancel_locked(session, [booking], reason=CancellationReason.BENEFICIARY, author_id=user_id)


async def cancel_many(
    session: AsyncSession,
    booking_ids: Collection[int],
    *,
    reason: CancellationReason,
    still: Callable[[Booking], bool],
    author_id: int | None = None,
    fact: str = "cancelled",
) -> list[int]:
    """Cancel those of the bookings for which `still` holds once they are locked; the ids of those cancelled.

    Tells `fact` for each booking, and `inventory.changed` and `wallet.changed` as amounts move. `still` is only asked
    about bookings that are not cancelled yet.
    """
    if not booking_ids:
        return []
    stocks = await session.scalars(select(Booking.stock_id).where(Booking.id.in_(list(booking_ids))).distinct())
    await lock_inventories(session, list(stocks))
    bookings = [
        booking
        for booking in await lock_bookings(session, booking_ids)
        if booking.status != BookingStatus.CANCELLED and still(booking)
    ]
    await _cancel_locked(session, bookings, reason=reason, author_id=author_id, fact=fact)
    return [booking.id for booking in bookings]


async def _cancel_locked(
    session: AsyncSession,
    bookings: Collection[Booking],
    *,
    reason: CancellationReason,
    author_id: int | None = None,
    fact: str = "cancelled",
) -> None:
    if not bookings:
        return
    now = clock.now()
    ids = [booking.id for booking in bookings]
    coded = set(await session.scalars(select(ActivationCode.booking_id).where(ActivationCode.booking_id.in_(ids))))
    for booking in bookings:
        booking.status = BookingStatus.CANCELLED.value
        booking.cancellation_date = now
        booking.cancellation_reason = reason.value
        booking.cancellation_user_id = author_id
        booking.date_used = None
    inventories = await lock_inventories(session, {booking.stock_id for booking in bookings})
    for stock_id, inventory in inventories.items():
        gone = [booking for booking in bookings if booking.stock_id == stock_id]
        await give_back(
            session,
            inventory,
            quantity=sum(booking.quantity for booking in gone),
            burned=sum(booking.id in coded for booking in gone),
        )
    spendings = await spendings_of(session, ids)
    await refund(session, spendings, await lock_with_heirs(session, {spending.wallet_id for spending in spendings}))
    await tell(session, fact, ids)


async def use_many(
    session: AsyncSession, booking_ids: Collection[int], *, author: ValidationAuthor, still: Callable[[Booking], bool]
) -> list[int]:
    """Declare confirmed bookings used, those for which `still` holds once locked; tells `booking.used` for each."""
    now = clock.now()
    used: list[int] = []
    for booking in await lock_bookings(session, booking_ids):
        if booking.status == BookingStatus.CONFIRMED and still(booking):
            booking.status = BookingStatus.USED.value
            booking.date_used = now
            booking.validation_author_type = author.value
            used.append(booking.id)
    await tell(session, "used", used)
    return used


async def reimburse_many(session: AsyncSession, booking_ids: Collection[int]) -> list[int]:
    """Note that used bookings were paid to their offerers; tells `booking.reimbursed` for each."""
    now = clock.now()
    paid: list[int] = []
    for booking in await lock_bookings(session, booking_ids):
        if booking.status == BookingStatus.USED:
            booking.status = BookingStatus.REIMBURSED.value
            booking.reimbursement_date = now
            paid.append(booking.id)
    await tell(session, "reimbursed", paid)
    return paid


async def reschedule(session: AsyncSession, stock_id: int, beginning: datetime | None) -> None:
    """Move the cancellation limits after the partner moved the event.

    Tells `booking.unused` for what is taken back, and `booking.rescheduled` for every booking whose date that is.
    """
    now = clock.now()
    await lock_inventories(session, [stock_id])
    ids = await session.scalars(
        select(Booking.id).where(Booking.stock_id == stock_id, Booking.status != BookingStatus.CANCELLED.value)
    )
    moved: list[int] = []
    unused: list[int] = []
    for booking in await lock_bookings(session, list(ids)):
        booking.cancellation_limit_date = rescheduled_cancellation_limit(beginning, now)
        moved.append(booking.id)
        if booking.status == BookingStatus.USED and is_taken_back_when_rescheduled(beginning, now):
            booking.status = BookingStatus.CONFIRMED.value
            booking.date_used = None
            unused.append(booking.id)
    await tell(session, "unused", unused)
    await tell(session, "rescheduled", moved)


async def change_display(session: AsyncSession, *, user_id: int, booking_id: int, ended: bool) -> None:
    """Put one's own booking among the ended ones, or back. Raises UnknownBooking."""
    booking = await session.scalar(
        select(Booking).where(Booking.id == booking_id, Booking.user_id == user_id).with_for_update()
    )
    if booking is None:
        raise UnknownBooking
    booking.display_as_ended = ended


async def archive(session: AsyncSession, booking_ids: Collection[int]) -> None:
    """Show old bookings as ended."""
    for booking in await lock_bookings(session, booking_ids):
        booking.display_as_ended = True
