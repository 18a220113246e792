"""Which mails a fact about a booking calls for, and what they say (bookings rules: e-mails, cancellation, expiry)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from documents.formatting import one_line
from documents.mails.parameters import (
    beneficiary_cancellation,
    beneficiary_confirmation,
    beneficiary_postponement,
    event_of,
    expired_line,
    expired_line_for_partner,
    partner_cancellation,
    partner_new_booking,
    recap_line,
)
from documents.tickets.rules import ticket_of
from shared.events.bookings import Booking
from shared.events.users import ANONYMOUS_DOMAIN

# Who learns of a cancellation, by its reason. Backoffice and fraud reasons are told to the partner alone.
BY_BENEFICIARY = frozenset({"BENEFICIARY"})
BY_PARTNER = frozenset({"OFFERER", "OFFERER_CONNECT_AS"})
REJECTED = frozenset({"FRAUD_INAPPROPRIATE"})
TOLD_TO_BENEFICIARY_ALONE = frozenset({"OFFERER_CLOSED", "FINANCE_INCIDENT"})
# Expiry has mails of its own; the last one concerns schools.
TOLD_TO_NOBODY = frozenset({"EXPIRED", "REFUSED_BY_INSTITUTE"})


@dataclass(frozen=True)
class Draft:
    """A message to write in the book. With `gather_key`, `line` joins the recap of that key when one still waits.

    `people` are the accounts that it names, besides `user_id`, whom it is to.
    """

    kind: str
    recipient: str
    parameters: dict[str, Any]
    booking_id: int | None
    user_id: int | None = None
    reply_to: str | None = None
    gather_key: str | None = None
    line: dict[str, Any] | None = field(default=None)
    channel: str = "email"
    people: frozenset[int] = frozenset()

    @property
    def everybody(self) -> frozenset[int]:
        return self.people if self.user_id is None else self.people | {self.user_id}


def usable_address(address: str | None) -> str | None:
    """The address when a mail can safely go there: one mailbox, ASCII, nothing that could end a header, somebody's."""
    if address is None or len(address) > 254 or not _ADDRESS.fullmatch(address):
        return None
    return None if address.endswith(f"@{ANONYMOUS_DOMAIN}") else address


def usable_number(number: str | None) -> str | None:
    """The number when it is a whole E.164 one."""
    return number if number is not None and _NUMBER.fullmatch(number) else None


_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")


_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")


def on_created(booking: Booking) -> list[Draft]:
    """The confirmation to the holder, with the ticket, and the news to the partner."""
    drafts = []
    holder = usable_address(booking.beneficiary.email)
    if holder is not None:
        parameters = beneficiary_confirmation(booking)
        if booking.status != "CANCELLED":
            parameters["ticket"] = ticket_of(booking).model_dump()
            parameters["ticket_image_url"] = booking.offer.image_url
        drafts.append(Draft("booking_confirmed", holder, parameters, booking.id, booking.user_id))
    partner = _partner_of_new_booking(booking)
    if partner is not None:
        kind = "first_booking" if booking.is_first_of_venue else "new_booking"
        people = frozenset({booking.user_id})
        drafts.append(Draft(kind, partner, partner_new_booking(booking), booking.id, reply_to=holder, people=people))
    return drafts


def on_cancelled(booking: Booking, *, can_book_again: bool, standing: list[Booking]) -> list[Draft]:
    """Who is told depends on the reason. `standing`: what remains of the stock, for the partner's own recap."""
    reason = booking.cancellation_reason or ""
    if reason in TOLD_TO_NOBODY:
        return []
    drafts = []
    holder = usable_address(booking.beneficiary.email)
    partner = usable_address(booking.offer.booking_email)
    if holder is not None and reason in BY_BENEFICIARY:
        parameters = {**beneficiary_cancellation(booking), "can_book_again": can_book_again}
        drafts.append(Draft("cancelled_by_beneficiary", holder, parameters, booking.id, booking.user_id))
    elif holder is not None and reason in BY_PARTNER | REJECTED | TOLD_TO_BENEFICIARY_ALONE:
        parameters = {**beneficiary_cancellation(booking), "reason": reason, "rejected": reason in REJECTED}
        drafts.append(Draft("cancelled_by_partner", holder, parameters, booking.id, booking.user_id))
    if partner is None or reason in TOLD_TO_BENEFICIARY_ALONE:
        return drafts
    if reason in BY_PARTNER:
        drafts.append(
            Draft(
                "partner_cancellation_recap",
                partner,
                {**partner_cancellation(booking), "standing": [recap_line(other) for other in standing]},
                booking.id,
                gather_key=f"stock:{booking.stock_id}",
                line=recap_line(booking),
                people=frozenset({booking.user_id, *(other.user_id for other in standing)}),
            )
        )
    else:
        drafts.append(
            Draft(
                "cancelled_for_partner",
                partner,
                partner_cancellation(booking),
                booking.id,
                reply_to=holder,
                people=frozenset({booking.user_id}),
            )
        )
    return drafts


def on_rescheduled(booking: Booking) -> list[Draft]:
    """The new date to the holder, and one confirmation to the partner with the number of bookings that move."""
    begins = booking.stock.beginning_datetime
    if begins is None or booking.status not in ("CONFIRMED", "USED"):
        return []
    drafts = []
    holder = usable_address(booking.beneficiary.email)
    if holder is not None:
        drafts.append(Draft("event_postponed", holder, beneficiary_postponement(booking), booking.id, booking.user_id))
    partner = usable_address(booking.offer.booking_email)
    if partner is not None:
        drafts.append(
            Draft(
                "event_postponed_for_partner",
                partner,
                event_of(booking),
                booking.id,
                gather_key=f"postponed:{booking.stock_id}:{begins.isoformat()}",
                line={"quantity": booking.quantity},
            )
        )
    return drafts


def on_withdrawal_changed(booking: Booking) -> list[Draft]:
    """To the holder of a booking that is still to be used: how it is handed over now."""
    holder = usable_address(booking.beneficiary.email)
    if holder is None or booking.status != "CONFIRMED":
        return []
    parameters = beneficiary_confirmation(booking)
    return [Draft("withdrawal_changed", holder, parameters, booking.id, booking.user_id)]


def on_expired(booking: Booking, day: date) -> list[Draft]:
    """One recap of the day for the holder and one for the offerer, books apart from the rest."""
    book = booking.offer.subcategory.id == "LIVRE_PAPIER"
    shared_parameters = {"withdrawal_period": 10 if book else 30}
    group = f"{day.isoformat()}:{'books' if book else 'others'}"
    drafts = []
    holder = usable_address(booking.beneficiary.email)
    if holder is not None:
        first_name = one_line(booking.beneficiary.first_name or "", 60)
        drafts.append(
            Draft(
                "bookings_expired",
                holder,
                {**shared_parameters, "user_first_name": first_name},
                booking.id,
                booking.user_id,
                gather_key=f"{group}:{booking.user_id}",
                line=expired_line(booking),
            )
        )
    partner = usable_address(booking.offer.booking_email) or usable_address(booking.venue.booking_email)
    if partner is not None:
        drafts.append(
            Draft(
                "bookings_expired_for_partner",
                partner,
                {**shared_parameters, "offerer_name": one_line(booking.offerer.name, 120)},
                booking.id,
                gather_key=f"{group}:{booking.offerer_id}",
                line=expired_line_for_partner(booking),
                people=frozenset({booking.user_id}),
            )
        )
    return drafts


def _partner_of_new_booking(booking: Booking) -> str | None:
    """The offer's booking address (none means that the partner wants no mail); for a venue's first, the venue's."""
    offer = usable_address(booking.offer.booking_email)
    if booking.is_first_of_venue:
        return usable_address(booking.venue.booking_email) or offer
    return offer


def back_off_seconds(attempts: int) -> int:
    """How long to wait after that many failed attempts: 30 s, 1 min, 2 min… at most 2 hours."""
    return min(7_200, 30 * 2 ** min(max(attempts, 1) - 1, 20))
