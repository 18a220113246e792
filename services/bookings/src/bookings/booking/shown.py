"""How a booking is shown to its holder (bookings rules: derived values, ended and ongoing, ticket). Pure; UTC, cents."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from bookings.booking.rules import AUTOMATICALLY_USED_WHEN_FREE, expiration_date
from bookings.booking.values import BookingStatus
from bookings.wallet.rules import DepositType
from shared.geography import local_time
from shared.humanized import humanize

CINEMA = "SEANCE_CINE"
SHORT_REACTION_COOLDOWN = timedelta(hours=24)
LONG_REACTION_COOLDOWN = timedelta(days=31)
_REACTION_COOLDOWN = {
    CINEMA: SHORT_REACTION_COOLDOWN,
    "SUPPORT_PHYSIQUE_MUSIQUE_CD": LONG_REACTION_COOLDOWN,
    "SUPPORT_PHYSIQUE_MUSIQUE_VINYLE": LONG_REACTION_COOLDOWN,
    "LIVRE_PAPIER": LONG_REACTION_COOLDOWN,
}
_FAR = datetime.max.replace(tzinfo=UTC)
_LONG_AGO = datetime.min.replace(tzinfo=UTC)
ADULT_AGE = 18


class WithdrawalType(StrEnum):
    BY_EMAIL = "by_email"
    IN_APP = "in_app"
    NO_TICKET = "no_ticket"
    ON_SITE = "on_site"


class TicketDisplay(StrEnum):
    CINEMA_VOUCHER = "cinema_voucher"
    EMAIL_SENT = "email_sent"
    EMAIL_WILL_BE_SENT = "email_will_be_sent"
    EXTERNAL_TICKET = "external_ticket"
    HIDDEN_EXTERNAL_TICKET = "hidden_external_ticket"
    NO_TICKET = "no_ticket"
    ONLINE_CODE = "online_code"
    TICKET = "ticket"
    VOUCHER = "voucher"


@dataclass(frozen=True, slots=True)
class Shown:
    """What the decisions need of a booking and its offer. `has_code`: an activation code was handed out."""

    id: int
    status: str
    date_created: datetime
    date_used: datetime | None
    cancellation_date: datetime | None
    display_as_ended: bool | None
    amount_cents: int
    stock_price_cents: int
    beginning: datetime | None
    subcategory_id: str
    is_event: bool
    is_online_only: bool
    can_expire: bool
    has_url: bool
    has_code: bool
    withdrawal_type: str | None
    withdrawal_delay: int | None

    @property
    def is_used(self) -> bool:
        return self.status in (BookingStatus.USED, BookingStatus.REIMBURSED)

    @property
    def is_permanent(self) -> bool:
        """Whether what was booked lasts: it neither expires nor takes place."""
        return not self.can_expire and not self.is_event

    @property
    def expiration(self) -> datetime | None:
        return expiration_date(
            self.subcategory_id, can_expire=self.can_expire, status=self.status, created=self.date_created
        )


def is_automatically_used(booking: Shown) -> bool:
    return booking.subcategory_id in AUTOMATICALLY_USED_WHEN_FREE and booking.stock_price_cents == 0


def is_displayed_even_if_used(booking: Shown) -> bool:
    """Free library and museum cards are used at once, yet shown until their holder puts them away."""
    return booking.subcategory_id in AUTOMATICALLY_USED_WHEN_FREE and booking.amount_cents == 0


def is_archivable(booking: Shown) -> bool:
    return is_automatically_used(booking) or bool(booking.display_as_ended)


def is_ended(booking: Shown, now: datetime) -> bool:
    """Whether a booking is among the ended ones of the app's first list."""
    if booking.beginning is not None and booking.beginning >= now and booking.status != BookingStatus.CANCELLED:
        return False
    if (booking.has_url and booking.has_code) or is_displayed_even_if_used(booking):
        return bool(booking.display_as_ended)
    if booking.is_used:
        return not booking.is_permanent
    return booking.status == BookingStatus.CANCELLED


def ended_order(booking: Shown) -> datetime:
    """Sort key of ended bookings, the latest first."""
    return booking.beginning or booking.date_used or booking.cancellation_date or _LONG_AGO


def ongoing_order(booking: Shown) -> tuple[datetime, int]:
    """Sort key of ongoing bookings: what ends first, then the newest."""
    return (booking.expiration or booking.beginning or _FAR, -booking.id)


def can_react(booking: Shown) -> bool:
    return booking.date_used is not None and booking.subcategory_id in _REACTION_COOLDOWN


def asks_for_reaction(booking: Shown, now: datetime) -> bool:
    """Whether the app may ask how it was: some time after use."""
    cooldown = _REACTION_COOLDOWN.get(booking.subcategory_id)
    return booking.date_used is not None and cooldown is not None and booking.date_used <= now - cooldown


def ticket_display(booking: Shown, now: datetime) -> TicketDisplay:
    """What stands for the ticket; the first case that applies."""
    if booking.withdrawal_type == WithdrawalType.BY_EMAIL:
        delay = timedelta(seconds=booking.withdrawal_delay or 0)
        sent = booking.beginning is not None and booking.beginning - now < delay
        return TicketDisplay.EMAIL_SENT if sent else TicketDisplay.EMAIL_WILL_BE_SENT
    if booking.is_online_only:
        return TicketDisplay.ONLINE_CODE
    if not booking.is_event:
        return TicketDisplay.VOUCHER
    if booking.subcategory_id == CINEMA:
        return TicketDisplay.CINEMA_VOUCHER
    if booking.withdrawal_type == WithdrawalType.NO_TICKET:
        return TicketDisplay.NO_TICKET
    return TicketDisplay.TICKET


_BY_EMAIL = frozenset({TicketDisplay.EMAIL_SENT, TicketDisplay.EMAIL_WILL_BE_SENT})


def shows_token(display: TicketDisplay, *, has_code: bool) -> bool:
    """Whether the ticket shows the counter-mark: not by e-mail, nor where an activation code takes its place."""
    return display not in _BY_EMAIL and not (display is TicketDisplay.ONLINE_CODE and has_code)


def shows_voucher(display: TicketDisplay) -> bool:
    """Whether the ticket shows a QR code."""
    return display in (TicketDisplay.VOUCHER, TicketDisplay.CINEMA_VOUCHER)


def completed_url(url: str | None, *, token: str, code: str | None, offer_id: int, email: str) -> str | None:
    """Where the offer is enjoyed, with what the site needs to know of the booking filled in."""
    if not url:
        return None
    if not url.startswith("http"):
        url = f"http://{url}"
    return url.replace("{token}", code or token).replace("{offerId}", humanize(offer_id)).replace("{email}", email)


def _age(birth_date: date, day: date) -> int:
    return day.year - birth_date.year - ((day.month, day.day) < (birth_date.month, birth_date.day))


def has_bookings_after_18(
    paid: Iterable[tuple[str | None, datetime]], birth_date: date | None, department_code: str | None
) -> bool:
    """Whether any booking was made as an adult, from pairs of deposit type and moment of booking."""
    for deposit_type, created in paid:
        if deposit_type == DepositType.GRANT_18:
            return True
        if deposit_type == DepositType.GRANT_17_18 and birth_date is not None:
            day = local_time(created, department_code).date()
            if _age(birth_date, day) >= ADULT_AGE:
                return True
    return False
