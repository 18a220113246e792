"""Mails about another date, about tomorrow and about what ends soon: to whom, once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from documents.factories import BookingFactory
from documents.mails.composing import compose
from documents.mails.models import Mail
from documents.reminders.jobs import remind_of_expiry, remind_of_tomorrow
from shared.events.bookings import BOOKING, Booking

NOW = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _fixed(clock: Any) -> None:
    clock.set(NOW)


async def mails(database: Any, *kinds: str) -> list[Mail]:
    async with database.transaction() as session:
        return list(await session.scalars(select(Mail).where(Mail.kind.in_(kinds)).order_by(Mail.id)))


def event(begins: datetime, **more: Any) -> Booking:
    return BookingFactory.build(stock__beginning_datetime=begins, **more)


async def test_another_date_is_told_to_holders_and_confirmed_once_to_the_partner(
    deliver: Any, database: Any, settings: Any
) -> None:
    begins = NOW + timedelta(days=20)
    first = event(begins, quantity=2)
    second = event(begins, stock=first.stock, offer=first.offer, venue=first.venue)
    gone = event(begins, stock=first.stock, offer=first.offer, venue=first.venue, status="CANCELLED")
    for booking in (first, second, gone):
        await deliver(BOOKING, "rescheduled", booking)
    told = await mails(database, "event_postponed")
    assert [mail.user_id for mail in told] == [first.user_id, second.user_id]
    [recap] = await mails(database, "event_postponed_for_partner")
    assert recap.recipient == first.offer.booking_email
    assert recap.parameters["lines"] == [{"quantity": 2}, {"quantity": 1}]
    made = compose(recap.kind, recap.parameters, settings)
    assert "Les 2 réservations sont maintenues" in made.text
    assert "Places : 3" in made.text
    read = compose(told[0].kind, told[0].parameters, settings)
    assert "22 mars 2026" in read.text
    assert f"/reservation/{first.id}/details" in read.text
    # The ticket has the new date, since the replica follows.
    async with database.transaction() as session:
        moved = await session.scalar(text("SELECT state #>> '{stock,beginning_datetime}' FROM booking_replica LIMIT 1"))
    assert moved.startswith("2026-03-22")


async def test_other_terms_are_told_to_whoever_still_comes(deliver: Any, database: Any, settings: Any) -> None:
    begins = NOW + timedelta(days=20)
    booking = event(begins, offer__withdrawal_type="on_site", offer__withdrawal_details="Guichet B.")
    for told in (booking, event(begins, status="USED")):
        await deliver(BOOKING, "withdrawal_changed", told)
    [mail] = await mails(database, "withdrawal_changed")
    assert mail.user_id == booking.user_id
    made = compose(mail.kind, mail.parameters, settings)
    assert "Retire ton billet d'entrée à l'accueil" in made.text
    assert "Guichet B." in made.text
    assert booking.token in made.text


async def test_a_date_that_is_past_is_no_news(deliver: Any, database: Any) -> None:
    await deliver(BOOKING, "rescheduled", event(NOW - timedelta(days=1)))
    assert await mails(database, "event_postponed", "event_postponed_for_partner") == []


async def test_whoever_goes_out_tomorrow_is_reminded_once(
    deliver: Any, database: Any, settings: Any, clock: Any
) -> None:
    tomorrow = datetime(2026, 3, 3, 0, 0, tzinfo=UTC)
    told = [event(tomorrow), event(tomorrow + timedelta(hours=23, minutes=59), status="USED")]
    others = [
        event(tomorrow - timedelta(seconds=1)),
        event(tomorrow + timedelta(days=1)),
        event(tomorrow, status="CANCELLED"),
        event(tomorrow, offer__url="https://direct.example.com"),
        BookingFactory.build(book=True),
    ]
    for booking in (*told, *others):
        await deliver(BOOKING, "replayed", booking)
    assert await remind_of_tomorrow(database, dry_run=True) == {"would_look_at": 3}
    assert await remind_of_tomorrow(database) == {"reminded": 2}
    assert await remind_of_tomorrow(database) == {"reminded": 0}
    sent = await mails(database, "event_tomorrow")
    assert [mail.user_id for mail in sent] == [booking.user_id for booking in told]
    assert sent[0].parameters["ticket"]["booking_id"] == told[0].id
    made = compose(sent[0].kind, sent[0].parameters, settings)
    assert told[0].token in made.text
    # Moved by a day: a new reminder on its eve.
    moved = told[0].model_copy(
        update={"stock": told[0].stock.model_copy(update={"beginning_datetime": tomorrow + timedelta(days=1, hours=1)})}
    )
    await deliver(BOOKING, "replayed", moved)
    clock.set(NOW + timedelta(days=1))
    assert await remind_of_tomorrow(database) == {"reminded": 2}


async def test_what_ends_soon_is_recalled_in_one_mail_a_person(
    deliver: Any, database: Any, settings: Any, clock: Any
) -> None:
    books_day, others_day = NOW + timedelta(days=5), NOW + timedelta(days=7)
    first = BookingFactory.build(book=True, expiration_date=books_day)
    second = BookingFactory.build(book=True, expiration_date=books_day, beneficiary=first.beneficiary)
    record = BookingFactory.build(
        book=True,
        expiration_date=others_day,
        beneficiary=first.beneficiary,
        offer__subcategory__id="MATERIEL_ART_CREATIF",
    )
    not_yet = BookingFactory.build(book=True, expiration_date=others_day)
    fetched = BookingFactory.build(book=True, expiration_date=books_day, status="USED")
    for booking in (first, second, record, not_yet, fetched):
        await deliver(BOOKING, "replayed", booking)
    assert await remind_of_expiry(database, dry_run=True) == {"books_looked_at": 2, "others_looked_at": 2}
    assert await remind_of_expiry(database) == {"books": 1, "others": 1}
    assert await remind_of_expiry(database) == {"books": 0, "others": 0}
    books, others = await mails(database, "bookings_soon_expired")
    assert {books.user_id, others.user_id} == {first.user_id}
    assert len(books.parameters["lines"]) == 2
    assert (books.parameters["days_before_cancel"], others.parameters["days_before_cancel"]) == (5, 7)
    made = compose(books.kind, books.parameters, settings)
    assert "Plus que 5 jours pour récupérer tes réservations" in made.subject
    assert second.offer.name in made.text
