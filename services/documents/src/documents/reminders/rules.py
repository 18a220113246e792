"""Which mails remind people of what comes, and what they say (bookings rules: e-mails, expiry, jobs). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID, uuid5

from documents.formatting import one_line
from documents.mails.parameters import beneficiary_confirmation, expired_line
from documents.mails.rules import Draft, usable_address
from documents.tickets.rules import ticket_of
from shared.events.bookings import Booking

_NAMESPACE = UUID("7f1c2a64-5b0e-4c1d-9a55-6f0c6d3b8e21")


@dataclass(frozen=True)
class Delay:
    """How many days before they end bookings are recalled, and how long they have waited by then."""

    books: bool
    days_before: int
    days_since: int

    def day(self, today: date) -> date:
        return today + timedelta(days=self.days_before)


DELAYS = (Delay(books=True, days_before=5, days_since=5), Delay(books=False, days_before=7, days_since=23))


def is_book(booking: Booking) -> bool:
    return booking.offer.subcategory.id == "LIVRE_PAPIER"


def is_told_of_tomorrow(booking: Booking) -> bool:
    """Events that one goes to; what happens online needs no way there."""
    return booking.offer.subcategory.is_event and not booking.offer.url and booking.status in ("CONFIRMED", "USED")


def tomorrow(booking: Booking) -> tuple[UUID, Draft] | None:
    """The mail of the eve, with the ticket; its identity is the booking's and the date's, so that it leaves once."""
    holder = usable_address(booking.beneficiary.email)
    if holder is None or not is_told_of_tomorrow(booking):
        return None
    parameters = {
        **beneficiary_confirmation(booking),
        "ticket": ticket_of(booking).model_dump(),
        "ticket_image_url": booking.offer.image_url,
    }
    begins = booking.stock.beginning_datetime
    identity = uuid5(_NAMESPACE, f"tomorrow:{booking.id}:{begins.isoformat() if begins else ''}")
    return identity, Draft("event_tomorrow", holder, parameters, booking.id, booking.user_id)


def soon_expired(bookings: Sequence[Booking], delay: Delay, day: date) -> tuple[UUID, Draft] | None:
    """One mail for the bookings of a person that end on one day; None without anybody to write to."""
    first = bookings[0]
    holder = usable_address(first.beneficiary.email)
    if holder is None:
        return None
    parameters = {
        "user_first_name": one_line(first.beneficiary.first_name or "", 60),
        "days_before_cancel": delay.days_before,
        "days_from_booking": delay.days_since,
        "lines": [expired_line(booking) for booking in bookings],
    }
    kind = "books" if delay.books else "others"
    identity = uuid5(_NAMESPACE, f"soon:{first.user_id}:{day.isoformat()}:{kind}")
    return identity, Draft("bookings_soon_expired", holder, parameters, first.id, first.user_id)
