"""A person who was made anonymous is nowhere in the book, whatever was told first."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import select, text

from documents.factories import BookingFactory, HolderFactory
from documents.mails.models import Mail
from documents.mails.sender import MailSender
from documents.mails.transports import Outgoing
from documents.replicas.models import BookingReplica
from shared.events.bookings import BOOKING, Booking
from shared.events.users import NOTICE, USER, Notice, User

MARKS = ("Zébulon", "Quatremarre", "zebulon@example.com", "+33698765432", "2008-06-14", "98765432")
NOBODY = User(
    id=77,
    email="anonymous_77@anonymized.passculture",
    first_name=None,
    last_name=None,
    birth_date=date(2008, 1, 1),
    phone_number=None,
    postal_code=None,
    department_code=None,
    roles=["ANONYMIZED"],
    is_active=False,
    is_email_validated=True,
    date_created=datetime(2025, 1, 1, tzinfo=UTC),
)
TABLES = ("mail", "booking_replica", "deposit_replica", "outbox", "inbox", "erased_person")


def holder() -> Any:
    return HolderFactory.build(
        id=77,
        first_name="Zébulon",
        last_name="Quatremarre",
        email="zebulon@example.com",
        phone_number="+33698765432",
        birth_date=date(2008, 6, 14),
    )


def booking_of(stock: Any = None, **more: Any) -> Booking:
    if stock is not None:
        more["stock"] = stock
    return BookingFactory.build(beneficiary=holder(), **more)


def cancelled(booking: Booking, reason: str) -> Booking:
    return booking.model_copy(update={"status": "CANCELLED", "cancellation_reason": reason})


def notice(kind: str = "new_password_request", **more: Any) -> Notice:
    parameters = {"FIRSTNAME": "Zébulon", "RESET_PASSWORD_LINK": "http://localhost:8082/x?email=zebulon@example.com"}
    values = {"id": 5, "kind": kind, "channel": "email", "recipient": "zebulon@example.com", "user_id": 77}
    return Notice.model_validate({**values, "parameters": parameters, **more})


async def found(database: Any) -> list[str]:
    """The marks of the person in every table, as PostgreSQL writes rows."""
    seen = []
    async with database.transaction() as session:
        for table in TABLES:
            rows = await session.execute(text(f'SELECT t::text FROM "{table}" t'))  # noqa: S608
            seen += [f"{table}: {mark}" for (row,) in rows for mark in MARKS if mark in row]
    return seen


async def everything(deliver: Any) -> None:
    """A life in messages: to the person, to partners, in recaps with others."""
    first, second = booking_of(), booking_of(book=True)
    stranger = BookingFactory.build(stock=first.stock, offer=first.offer, venue=first.venue)
    for booking in (first, second, stranger):
        await deliver(BOOKING, "created", booking)
    # The person stands in the recap of somebody else's cancellation, and is a line of another one.
    await deliver(BOOKING, "cancelled", cancelled(stranger, "OFFERER"))
    await deliver(BOOKING, "cancelled", cancelled(first, "OFFERER"))
    await deliver(BOOKING, "cancelled", cancelled(booking_of(), "BENEFICIARY"))
    await deliver(BOOKING, "expired", cancelled(second, "EXPIRED"))
    await deliver(NOTICE, "requested", notice())
    await deliver(
        NOTICE,
        "requested",
        notice("phone_validation_code", channel="sms", recipient="+33698765432", parameters={"CODE": "123456"}),
    )


async def test_nothing_is_left_of_a_person_and_everything_of_others(
    deliver: Any, database: Any, client: Any, printer: Any, settings: Any
) -> None:
    await everything(deliver)
    async with database.transaction() as session:
        await session.execute(text("UPDATE mail SET last_error = '550 zebulon@example.com unknown' WHERE user_id = 77"))
        partners = len(list(await session.scalars(select(Mail).where(Mail.user_id.is_(None)))))
    assert len(await found(database)) > 20, "the control: the person is there before"
    await deliver(USER, "anonymized", NOBODY)
    assert await found(database) == []
    async with database.transaction() as session:
        left = list(await session.scalars(select(Mail)))
        assert {mail.user_id for mail in left if mail.user_id is not None} == {
            booking.user_id for booking in await session.scalars(select(BookingReplica)) if booking.user_id != 77
        }
        assert len([mail for mail in left if mail.user_id is None]) == partners
    # What is left can still be sent and read.
    shown = (await client.get("/mailbox.json", params={"limit": 100})).json()["mails"]
    assert "Compte supprimé" in str(shown)
    assert not [mark for mark in MARKS if mark in str(shown)]
    # A second time changes nothing.
    await deliver(USER, "anonymized", NOBODY)
    assert await found(database) == []


LATE = {
    "booking": lambda deliver: deliver(BOOKING, "created", booking_of()),
    "recap": lambda deliver: deliver(BOOKING, "cancelled", cancelled(booking_of(), "OFFERER")),
    "cancelled": lambda deliver: deliver(BOOKING, "cancelled", cancelled(booking_of(), "BENEFICIARY")),
    "expired": lambda deliver: deliver(BOOKING, "expired", cancelled(booking_of(book=True), "EXPIRED")),
    "replay": lambda deliver: deliver(BOOKING, "replayed", booking_of()),
    "notice": lambda deliver: deliver(NOTICE, "requested", notice()),
}


@pytest.mark.parametrize("late", sorted(LATE))
async def test_what_arrives_late_brings_nobody_back(deliver: Any, database: Any, late: str) -> None:
    await deliver(USER, "anonymized", NOBODY)
    await LATE[late](deliver)
    assert await found(database) == []
    async with database.transaction() as session:
        assert list(await session.scalars(select(Mail).where(Mail.user_id == 77))) == []


@pytest.mark.parametrize("order", list(itertools.permutations(("erased", "asked", "sent"))))
async def test_the_last_words_leave_once_and_are_forgotten(
    deliver: Any, database: Any, printer: Any, settings: Any, order: tuple[str, ...]
) -> None:
    class Relay:
        name = "smtp"
        sent: list[Outgoing] = []

        async def deliver(self, mail: Outgoing) -> None:
            self.sent.append(mail)

    relay = Relay()
    relay.sent = []
    for step in order:
        if step == "erased":
            await deliver(USER, "anonymized", NOBODY)
        elif step == "asked":
            await deliver(NOTICE, "requested", notice("anonymization_confirmation", parameters={}))
        else:
            await MailSender(database, relay, printer, settings).send_due()
    await MailSender(database, relay, printer, settings).send_due()
    assert [mail.recipient for mail in relay.sent] == ["zebulon@example.com"]
    assert await found(database) == []


async def test_a_replay_erases_from_a_database_that_was_restored(deliver: Any, database: Any) -> None:
    await everything(deliver)
    living = NOBODY.model_copy(update={"id": 78, "roles": ["BENEFICIARY"]})
    await deliver(USER, "replayed", living)
    assert await found(database)
    await deliver(USER, "replayed", NOBODY)
    assert await found(database) == []
