"""What time does to bookings. Each job works in batches, a transaction each, and may be run again at any moment."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, time

from sqlalchemy import Select, and_, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bookings.booking.actions import archive as archive_many
from bookings.booking.actions import cancel_many, use_many
from bookings.booking.models import Booking
from bookings.booking.rules import (
    ARCHIVE_DELAY,
    AUTO_USE_DELAY,
    AUTOMATICALLY_USED_WHEN_FREE,
    BOOKS_EXPIRY_DELAY,
    EXPIRY_DELAY,
    PAPER_BOOK,
)
from bookings.booking.values import BookingStatus, CancellationReason, ValidationAuthor
from bookings.inventory.models import ActivationCode
from bookings.replicas.models import OfferReplica, StockReplica
from shared import clock
from shared.database import Database

Work = Callable[[AsyncSession, list[int]], Awaitable[int]]


async def _in_batches(database: Database, wanted: Select[int], batch: int, work: Work) -> int:
    """Apply `work` to the bookings that `wanted` finds, `batch` at a time; how many it changed."""
    changed, after = 0, 0
    while True:
        async with database.transaction() as session:
            ids = list(await session.scalars(wanted.where(Booking.id > after).order_by(Booking.id).limit(batch)))
            if not ids:
                return changed
            changed += await work(session, ids)
            after = ids[-1]


async def expire(database: Database, *, batch: int = 500) -> int:
    """Cancel what has expired by today's midnight (UTC), and tell `booking.expired`; how many."""
    midnight = datetime.combine(clock.today(), time(), UTC)
    is_book = OfferReplica.subcategory_id == PAPER_BOOK
    wanted = (
        select(Booking.id)
        .join(OfferReplica, OfferReplica.id == Booking.offer_id)
        .where(
            Booking.status == BookingStatus.CONFIRMED.value,
            OfferReplica.can_expire,
            or_(
                and_(is_book, Booking.date_created <= midnight - BOOKS_EXPIRY_DELAY),
                and_(~is_book, Booking.date_created <= midnight - EXPIRY_DELAY),
            ),
        )
    )

    async def work(session: AsyncSession, ids: list[int]) -> int:
        gone = await cancel_many(
            session,
            ids,
            reason=CancellationReason.EXPIRED,
            still=lambda booking: booking.status == BookingStatus.CONFIRMED,
            fact="expired",
        )
        return len(gone)

    return await _in_batches(database, wanted, batch, work)


async def use_past(database: Database, *, batch: int = 500) -> int:
    """Count as used what began more than two days ago; how many."""
    wanted = (
        select(Booking.id)
        .join(StockReplica, StockReplica.id == Booking.stock_id)
        .where(
            Booking.status == BookingStatus.CONFIRMED.value,
            StockReplica.beginning_datetime < clock.now() - AUTO_USE_DELAY,
        )
    )

    async def work(session: AsyncSession, ids: list[int]) -> int:
        return len(await use_many(session, ids, author=ValidationAuthor.AUTO, still=lambda booking: True))

    return await _in_batches(database, wanted, batch, work)


async def archive(database: Database, *, batch: int = 500) -> int:
    """Show as ended what was booked a month ago and is only kept for its code or card; how many."""
    has_code = exists().where(ActivationCode.booking_id == Booking.id)
    wanted = (
        select(Booking.id)
        .join(OfferReplica, OfferReplica.id == Booking.offer_id)
        .where(
            Booking.date_created < clock.now() - ARCHIVE_DELAY,
            Booking.display_as_ended.is_not(True),
            or_(
                and_(OfferReplica.url.is_not(None), OfferReplica.url != "", has_code),
                and_(OfferReplica.subcategory_id.in_(AUTOMATICALLY_USED_WHEN_FREE), Booking.amount_cents == 0),
            ),
        )
    )

    async def work(session: AsyncSession, ids: list[int]) -> int:
        await archive_many(session, ids)
        return len(ids)

    return await _in_batches(database, wanted, batch, work)
