from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from documents.factories import BookingFactory
from documents.mails.actions import claim, mark_sent, release_lost
from documents.mails.models import Mail
from documents.mails.sender import MailSender
from documents.mails.transports import DeliveryFailed, MailboxTransport, Outgoing
from shared.events.bookings import BOOKING, Booking
from shared.events.users import DEPOSIT, Deposit

MONDAY = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


async def mails(database: Any) -> list[Mail]:
    async with database.transaction() as session:
        return list(await session.scalars(select(Mail).order_by(Mail.id)))


def cancelled(booking: Booking, reason: str) -> Booking:
    return booking.model_copy(update={"status": "CANCELLED", "cancellation_reason": reason})


class Recording:
    """A transport that remembers, and fails while told to."""

    name = "recording"

    def __init__(self) -> None:
        self.sent: list[Outgoing] = []
        self.failure: DeliveryFailed | None = None

    async def deliver(self, mail: Outgoing) -> None:
        if self.failure is not None:
            raise self.failure
        self.sent.append(mail)


async def test_a_redelivered_event_mails_nobody_twice(deliver: Any, database: Any) -> None:
    booking, event_id = BookingFactory.build(), uuid7()
    assert await deliver(BOOKING, "created", booking, event_id=event_id)
    assert not await deliver(BOOKING, "created", booking, event_id=event_id)
    assert [mail.kind for mail in await mails(database)] == ["booking_confirmed", "new_booking"]


async def test_the_book_itself_refuses_a_second_mail_of_one_event(database: Any) -> None:
    from documents.mails.actions import queue
    from documents.mails.rules import on_created

    event_id = uuid7()
    for _ in range(2):
        async with database.transaction() as session:
            for draft in on_created(BookingFactory.build(beneficiary__email="a@example.com")):
                await queue(session, event_id, draft)
    assert len(await mails(database)) == 2


async def test_replays_and_other_facts_mail_nobody(deliver: Any, database: Any) -> None:
    booking = BookingFactory.build()
    for fact in ("replayed", "used", "unused", "uncancelled"):
        await deliver(BOOKING, fact, booking)
    assert await mails(database) == []


async def test_a_header_cannot_be_smuggled_in(deliver: Any, database: Any) -> None:
    evil = "a@example.com\r\nBcc: everyone@example.com"
    booking = BookingFactory.build(beneficiary__email=evil, offer__booking_email=evil)
    await deliver(BOOKING, "created", booking)
    assert await mails(database) == []


async def test_booking_again_depends_on_the_credit(deliver: Any, database: Any) -> None:
    booking = BookingFactory.build()
    deposit = Deposit(
        id=5, user_id=booking.user_id, type="GRANT_17_18", version=1, amount_cents=15_000, source="test",
        date_created=MONDAY, expiration_date=MONDAY + timedelta(days=4_000), recredits=[],
    )  # fmt: skip
    await deliver(BOOKING, "cancelled", cancelled(booking, "BENEFICIARY"))
    await deliver(DEPOSIT, "granted", deposit)
    await deliver(BOOKING, "cancelled", cancelled(booking, "BENEFICIARY"))
    told = [mail for mail in await mails(database) if mail.kind == "cancelled_by_beneficiary"]
    assert [mail.parameters["can_book_again"] for mail in told] == [False, True]


async def test_a_deleted_stock_makes_one_recap(deliver: Any, database: Any, clock: Any) -> None:
    clock.set(MONDAY)
    first = BookingFactory.build()
    others = [BookingFactory.build(stock=first.stock, offer=first.offer) for _ in range(3)]
    for booking in (first, *others):
        await deliver(BOOKING, "created", booking)
    for booking in (first, *others[:2]):
        clock.advance(seconds=5)
        await deliver(BOOKING, "cancelled", cancelled(booking, "OFFERER"))
    [recap] = [mail for mail in await mails(database) if mail.kind == "partner_cancellation_recap"]
    assert [line["user_email"] for line in recap.parameters["lines"]] == [
        booking.beneficiary.email for booking in (first, *others[:2])
    ]
    assert [line["user_email"] for line in recap.parameters["standing"]] == [others[2].beneficiary.email]
    assert recap.next_attempt_at == MONDAY + timedelta(seconds=15 + 60)
    assert sum(mail.kind == "cancelled_by_partner" for mail in await mails(database)) == 3


async def test_expired_bookings_make_one_mail_a_person(deliver: Any, database: Any, clock: Any) -> None:
    clock.set(MONDAY)
    first = BookingFactory.build(book=True)
    second = BookingFactory.build(book=True, beneficiary=first.beneficiary, offerer=first.offerer)
    other = BookingFactory.build(book=True)
    for booking in (first, second, other):
        await deliver(BOOKING, "expired", cancelled(booking, "EXPIRED"))
    told = {(mail.kind, mail.user_id): len(mail.parameters["lines"]) for mail in await mails(database)}
    assert told == {
        ("bookings_expired", first.user_id): 2,
        ("bookings_expired", other.user_id): 1,
        ("bookings_expired_for_partner", None): 1,
    }
    assert [len(mail.parameters["lines"]) for mail in await mails(database)] == [2, 2, 1, 1]


async def test_a_recap_that_left_takes_no_more_lines(
    deliver: Any, database: Any, clock: Any, settings: Any, printer: Any
) -> None:
    clock.set(MONDAY)
    booking = BookingFactory.build(book=True)
    sender = MailSender(database, MailboxTransport(), printer, settings)
    await deliver(BOOKING, "expired", cancelled(booking, "EXPIRED"))
    assert await sender.send_due() == 0
    clock.advance(seconds=61)
    assert await sender.send_due() == 2
    await deliver(BOOKING, "expired", cancelled(booking, "EXPIRED"))
    assert [(mail.state, len(mail.parameters["lines"])) for mail in await mails(database)] == [
        ("sent", 1), ("sent", 1), ("queued", 1), ("queued", 1),
    ]  # fmt: skip


async def test_a_relay_that_is_down_is_tried_later(
    deliver: Any, database: Any, clock: Any, settings: Any, printer: Any
) -> None:
    clock.set(MONDAY)
    transport = Recording()
    transport.failure = DeliveryFailed("connection refused", permanent=False)
    sender = MailSender(database, transport, printer, settings)
    await deliver(BOOKING, "created", BookingFactory.build(offer__booking_email=None))

    assert await sender.send_due() == 1
    [mail] = await mails(database)
    assert (mail.state, mail.attempts, mail.last_error) == ("queued", 1, "connection refused")
    assert await sender.send_due() == 0
    clock.advance(seconds=31)
    assert await sender.send_due() == 1
    transport.failure = None
    clock.advance(seconds=61)
    assert await sender.send_due() == 1
    [mail] = await mails(database)
    assert (mail.state, mail.attempts, mail.last_error, mail.sent_by) == ("sent", 3, None, "recording")
    clock.advance(days=1)
    assert await sender.send_due() == 0
    assert len(transport.sent) == 1


async def test_a_refused_mail_and_a_hopeless_one_are_given_up(
    deliver: Any, database: Any, clock: Any, settings: Any, printer: Any
) -> None:
    clock.set(MONDAY)
    transport = Recording()
    sender = MailSender(database, transport, printer, settings)
    transport.failure = DeliveryFailed("550 no such user", permanent=True)
    await deliver(BOOKING, "created", BookingFactory.build(offer__booking_email=None))
    await sender.send_due()
    transport.failure = DeliveryFailed("down", permanent=False)
    await deliver(BOOKING, "created", BookingFactory.build(offer__booking_email=None))
    for _ in range(settings.mail_attempts + 3):
        await sender.send_due()
        clock.advance(hours=3)
    assert [(mail.state, mail.attempts) for mail in await mails(database)] == [
        ("failed", 1),
        ("failed", settings.mail_attempts),
    ]


async def test_two_senders_never_take_the_same_mail(deliver: Any, database: Any) -> None:
    for _ in range(4):
        await deliver(BOOKING, "created", BookingFactory.build(offer__booking_email=None))
    async with AsyncSession(database.engine) as one, AsyncSession(database.engine) as two:
        for session in (one, two):
            # The plan under which a subquery is asked again for each mail.
            for plan in ("hashjoin", "mergejoin", "hashagg", "sort", "material", "indexscan", "bitmapscan"):
                await session.execute(text(f"SET LOCAL enable_{plan} = off"))
        first = {mail.id for mail in await claim(one, 3)}
        second = {mail.id for mail in await claim(two, 3)}
        await one.commit()
        await two.commit()
    assert (len(first), len(second)) == (3, 1)
    assert not first & second


async def test_a_lost_claim_is_sent_again_and_settled_by_its_new_holder(
    deliver: Any, database: Any, clock: Any
) -> None:
    clock.set(MONDAY)
    await deliver(BOOKING, "created", BookingFactory.build(offer__booking_email=None))
    async with database.transaction() as session:
        [lost] = await claim(session, 1)
    async with database.transaction() as session:
        assert await release_lost(session, 600) == 0
    clock.advance(seconds=601)
    async with database.transaction() as session:
        assert await release_lost(session, 600) == 1
        [again] = await claim(session, 1)
    assert again.message_id == lost.message_id
    async with database.transaction() as session:
        lost.attempts = 1
        await mark_sent(session, lost, "smtp")
    assert [mail.state for mail in await mails(database)] == ["sending"]
    async with database.transaction() as session:
        await mark_sent(session, again, "smtp")
    assert [mail.state for mail in await mails(database)] == ["sent"]


async def test_one_broken_mail_does_not_stop_the_others(
    deliver: Any, database: Any, session: AsyncSession, settings: Any, printer: Any
) -> None:
    await deliver(BOOKING, "created", BookingFactory.build())
    broken = await session.scalar(select(Mail).where(Mail.kind == "new_booking"))
    assert broken is not None
    broken.parameters = {}
    await session.commit()
    await MailSender(database, MailboxTransport(), printer, settings).send_due()
    assert {mail.kind: mail.state for mail in await mails(database)} == {
        "booking_confirmed": "sent",
        "new_booking": "queued",
    }


@pytest.mark.parametrize("environment", ["production"])
async def test_production_needs_a_relay(environment: Any) -> None:
    from documents.mails.transports import make_transport
    from documents.settings import Settings

    with pytest.raises(ValueError, match="SMTP_URL"):
        make_transport(Settings(environment=environment, database_url="postgresql://x/y"))
