"""Mails called for by bookings and by accounts: rows of the book, written with the receipt of the event."""

from __future__ import annotations

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from documents.mails.actions import queue
from documents.mails.notices import NOTICES
from documents.mails.rules import (
    Draft,
    on_cancelled,
    on_created,
    on_expired,
    on_rescheduled,
    on_withdrawal_changed,
    usable_address,
    usable_number,
)
from documents.mails.texts import TEXTS, WORTH
from documents.replicas.queries import has_credit, standing_bookings
from shared import clock
from shared.events.bookings import BOOKING, Booking
from shared.events.envelope import Event
from shared.events.subscribers import Subscribers
from shared.events.users import NOTICE, Notice
from shared.geography import local_time

log = structlog.get_logger(__name__)

subscribers = Subscribers()

# A recap lists at most that many bookings.
LISTED = 200


@subscribers.on(BOOKING, "created")
async def mail_new_booking(event: Event[Booking], session: AsyncSession) -> None:
    for draft in on_created(event.state):
        await queue(session, event.id, draft)


@subscribers.on(BOOKING, "cancelled")
async def mail_cancellation(event: Event[Booking], session: AsyncSession) -> None:
    booking = event.state
    drafts = on_cancelled(
        booking,
        can_book_again=await has_credit(session, booking.user_id, event.occurred_at),
        standing=await standing_bookings(session, booking.stock_id, LISTED),
    )
    for draft in drafts:
        await queue(session, event.id, draft)


@subscribers.on(BOOKING, "rescheduled")
async def mail_postponement(event: Event[Booking], session: AsyncSession) -> None:
    begins = event.state.stock.beginning_datetime
    if begins is None or begins <= event.occurred_at:
        # A date that is past already was put right, not moved.
        return
    for draft in on_rescheduled(event.state):
        await queue(session, event.id, draft)


@subscribers.on(BOOKING, "withdrawal_changed")
async def mail_withdrawal(event: Event[Booking], session: AsyncSession) -> None:
    for draft in on_withdrawal_changed(event.state):
        await queue(session, event.id, draft)


@subscribers.on(BOOKING, "expired")
async def mail_expiry(event: Event[Booking], session: AsyncSession) -> None:
    day = local_time(event.occurred_at, event.state.beneficiary.department_code).date()
    for draft in on_expired(event.state, day):
        await queue(session, event.id, draft)


@subscribers.on(NOTICE, "requested")
async def mail_notice(event: Event[Notice], session: AsyncSession) -> None:
    notice = event.state
    if notice.channel == "email":
        recipient = usable_address(notice.recipient) if notice.kind in NOTICES else None
    else:
        recipient = usable_number(notice.recipient) if notice.kind in TEXTS else None
        if event.occurred_at <= clock.now() - WORTH:
            recipient = None
    if recipient is None:
        # A kind of tomorrow is for a version of tomorrow; a code of yesterday is for nobody.
        log.warning("notice.not_sent", notice_id=notice.id, kind=notice.kind, channel=notice.channel)
        return
    draft = Draft(notice.kind, recipient, dict(notice.parameters), None, notice.user_id, channel=notice.channel)
    await queue(session, event.id, draft)
