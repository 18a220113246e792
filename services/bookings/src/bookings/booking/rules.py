"""Who may book what, until when it may be undone, and what time does to a booking (bookings rules). Pure; UTC, cents."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bookings.booking.values import BookingStatus, CancellationReason
from bookings.wallet.rules import Domain, Purse, domain_of, domains_credit

CANCELLATION_DELAY = timedelta(hours=48)
AUTO_USE_DELAY = timedelta(hours=48)
EXPIRY_DELAY = timedelta(days=30)
BOOKS_EXPIRY_DELAY = timedelta(days=10)
ARCHIVE_DELAY = timedelta(days=30)
PAPER_BOOK = "LIVRE_PAPIER"

BENEFICIARY = "BENEFICIARY"
BENEFICIARY_ROLES = frozenset({BENEFICIARY, "UNDERAGE_BENEFICIARY", "FREE_BENEFICIARY"})

AUTOMATICALLY_USED_WHEN_FREE = frozenset({"CARTE_MUSEE", "ABO_BIBLIOTHEQUE", "ABO_MEDIATHEQUE"})


class BookingRefusal(StrEnum):
    """Why a booking is not made, in the order in which the reasons are looked at."""

    CATEGORY_FORBIDDEN = "category_forbidden"
    FREE_FORBIDDEN = "free_forbidden"
    ALREADY_BOOKED = "already_booked"
    QUANTITY = "quantity"
    NOT_BOOKABLE = "not_bookable"
    CREDIT = "credit"
    DIGITAL_CREDIT = "digital_credit"
    PHYSICAL_CREDIT = "physical_credit"
    NO_ACTIVATION_CODE = "no_activation_code"


@dataclass(frozen=True, slots=True)
class Subject:
    """What is to be booked, by whom, and what is already so; all facts of one decision.

    `quantity_left` None means unlimited. `has_code`: whether an activation code is there to hand out, where
    `needs_code` says that the stock is served by codes.
    """

    price_cents: int
    beginning: datetime | None
    booking_limit: datetime | None
    is_soft_deleted: bool
    quantity_left: int | None
    needs_code: bool
    has_code: bool
    is_duo: bool
    has_url: bool
    is_approved: bool
    publication: datetime | None
    booking_allowed: datetime | None
    is_digital_deposit: bool
    is_physical_deposit: bool
    underage_when_free: bool
    underage_when_not_free: bool
    is_offerer_open: bool
    roles: Collection[str]
    department_code: str | None
    already_booked: bool
    purse: Purse | None

    @property
    def domain(self) -> Domain | None:
        return domain_of(
            has_url=self.has_url,
            is_digital_deposit=self.is_digital_deposit,
            is_physical_deposit=self.is_physical_deposit,
        )


def is_forbidden_to_underage(subject: Subject) -> bool:
    """Whether only an adult beneficiary may book it."""
    return not (subject.underage_when_not_free if subject.price_cents > 0 else subject.underage_when_free)


def is_beneficiary(roles: Collection[str]) -> bool:
    return not BENEFICIARY_ROLES.isdisjoint(roles)


def is_bookable(subject: Subject, quantity: int, now: datetime) -> bool:
    """Whether the stock may be booked by anybody now: released, neither over nor sold out, enough left."""
    released = (
        subject.is_approved
        and subject.publication is not None
        and subject.publication <= now
        and subject.is_offerer_open
        and (subject.booking_allowed is None or subject.booking_allowed <= now)
    )
    over = any(moment is not None and moment <= now for moment in (subject.beginning, subject.booking_limit))
    enough = subject.quantity_left is None or subject.quantity_left >= max(1, quantity)
    return released and not over and not subject.is_soft_deleted and enough


def refusal_to_book(subject: Subject, quantity: int, now: datetime) -> BookingRefusal | None:
    """Why the person may not book; None when they may. The first reason that applies is the one told."""
    if BENEFICIARY not in subject.roles and is_forbidden_to_underage(subject):
        return BookingRefusal.CATEGORY_FORBIDDEN
    if subject.price_cents == 0 and not is_beneficiary(subject.roles):
        return BookingRefusal.FREE_FORBIDDEN
    if subject.already_booked:
        return BookingRefusal.ALREADY_BOOKED
    if quantity not in ((1, 2) if subject.is_duo else (1,)):
        return BookingRefusal.QUANTITY
    if not is_bookable(subject, quantity, now):
        return BookingRefusal.NOT_BOOKABLE
    return _refusal_to_pay(subject, subject.price_cents * quantity, now) or (
        BookingRefusal.NO_ACTIVATION_CODE if subject.needs_code and not subject.has_code else None
    )


def _refusal_to_pay(subject: Subject, total_cents: int, now: datetime) -> BookingRefusal | None:
    if subject.purse is None:
        return BookingRefusal.CREDIT
    credit = domains_credit(subject.purse, subject.department_code, now)
    if total_cents > credit.all.remaining:
        return BookingRefusal.CREDIT
    domain = subject.domain
    if domain is Domain.DIGITAL and credit.digital is not None and total_cents > credit.digital.remaining:
        return BookingRefusal.DIGITAL_CREDIT
    if domain is Domain.PHYSICAL and credit.physical is not None and total_cents > credit.physical.remaining:
        return BookingRefusal.PHYSICAL_CREDIT
    return None


def is_automatically_used(subcategory_id: str, price_cents: int) -> bool:
    """Free library and museum cards are used as soon as they are booked."""
    return price_cents == 0 and subcategory_id in AUTOMATICALLY_USED_WHEN_FREE


def cancellation_limit(beginning: datetime | None, booked_at: datetime) -> datetime | None:
    """Until when the holder may cancel; None, at any time, for what has no date."""
    if beginning is None:
        return None
    return max(min(beginning - CANCELLATION_DELAY, booked_at + CANCELLATION_DELAY), booked_at)


def rescheduled_cancellation_limit(new_beginning: datetime | None, now: datetime) -> datetime | None:
    """The limit once the partner has moved the event."""
    return None if new_beginning is None else min(new_beginning, now + CANCELLATION_DELAY)


def is_taken_back_when_rescheduled(new_beginning: datetime | None, now: datetime) -> bool:
    """Whether a booking already used counts as not used once the event has been moved there."""
    return new_beginning is not None and new_beginning > now + CANCELLATION_DELAY


def is_confirmed(limit: datetime | None, now: datetime) -> bool:
    """Whether the holder can no longer cancel. Never true without a limit."""
    return limit is not None and limit <= now


def expiration_date(subcategory_id: str, *, can_expire: bool, status: str, created: datetime) -> datetime | None:
    """When a booking that nobody comes for is cancelled; None when that does not happen."""
    if status != BookingStatus.CONFIRMED or not can_expire:
        return None
    return created + (BOOKS_EXPIRY_DELAY if subcategory_id == PAPER_BOOK else EXPIRY_DELAY)


class CancellationRefusal(StrEnum):
    NOT_A_BENEFICIARY = "not_a_beneficiary"
    ALREADY_CANCELLED = "already_cancelled"
    ALREADY_USED = "already_used"
    CONFIRMED = "confirmed"


def refusal_to_cancel(
    *, roles: Collection[str], status: str, limit: datetime | None, now: datetime
) -> CancellationRefusal | None:
    """Why the holder may not cancel; None when they may."""
    if not is_beneficiary(roles):
        return CancellationRefusal.NOT_A_BENEFICIARY
    if status == BookingStatus.CANCELLED:
        return CancellationRefusal.ALREADY_CANCELLED
    if status in (BookingStatus.USED, BookingStatus.REIMBURSED):
        return CancellationRefusal.ALREADY_USED
    if is_confirmed(limit, now):
        return CancellationRefusal.CONFIRMED
    return None


def is_cancelled_with_its_stock(status: str, *, is_event: bool) -> bool:
    """Whether a booking goes when its stock is deleted or its offer rejected: used things are kept, used events go."""
    return status == BookingStatus.CONFIRMED or (status == BookingStatus.USED and is_event)


def is_cancelled_with_its_offerer(status: str, beginning: datetime | None, now: datetime) -> bool:
    """Whether a booking goes when its offerer closes: not when the event has just begun, it will count as used."""
    just_begun = beginning is not None and now - AUTO_USE_DELAY < beginning <= now
    return status == BookingStatus.CONFIRMED and not just_begun


_OWN_REQUEST = frozenset({"UPON_USER_REQUEST", "SUSPICIOUS_LOGIN_REPORTED_BY_USER", "WAITING_FOR_ANONYMIZATION"})
_CANCEL_ALL = _OWN_REQUEST | {"BLACKLISTED_DOMAIN_NAME", "FRAUD_RESELL_PRODUCT", "FRAUD_RESELL_PASS"}
_CANCEL_THINGS = frozenset({"FRAUD_SUSPICION", "FRAUD_USURPATION", "FRAUD_HACK"})


def is_cancelled_by_suspension(
    suspension: str | None, *, status: str, is_event: bool, limit: datetime | None, now: datetime
) -> bool:
    """Whether a booking goes when its holder is suspended for that reason."""
    if status != BookingStatus.CONFIRMED:
        return False
    if suspension in _CANCEL_ALL:
        return not is_confirmed(limit, now)
    return suspension in _CANCEL_THINGS and not is_event


def reason_of_suspension(suspension: str | None) -> CancellationReason:
    """The reason that such a booking then shows."""
    if suspension in _OWN_REQUEST:
        return CancellationReason.BENEFICIARY
    if suspension == "FRAUD_SUSPICION":
        return CancellationReason.FRAUD_SUSPICION
    return CancellationReason.FRAUD


def is_expired(subcategory_id: str, *, can_expire: bool, status: str, created: datetime, midnight: datetime) -> bool:
    """Whether nobody came for it in time, seen from today's midnight."""
    end = expiration_date(subcategory_id, can_expire=can_expire, status=status, created=created)
    return end is not None and end <= midnight
