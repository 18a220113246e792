"""What the desk may do with a booking (bookings rules: use, unuse)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

TOKEN_LENGTH = 6
_TOKEN = re.compile(rf"[A-Z0-9]{{{TOKEN_LENGTH}}}")


class Refusal(StrEnum):
    """Why the desk turns a booking away."""

    REFUNDED = "refunded"
    ALREADY_USED = "already_used"
    CANCELLED = "cancelled"
    OFFERER_CLOSED = "offerer_closed"
    NOT_CONFIRMED = "not_confirmed"
    HAS_ACTIVATION_CODE = "has_activation_code"
    NOT_USED = "not_used"


@dataclass(frozen=True, slots=True)
class Presented:
    """What the decision needs to know of the booking presented.

    `cancellation_limit_date` is the aware moment until which the holder may still cancel; things have none.
    """

    status: str
    is_event: bool
    cancellation_limit_date: datetime | None
    is_offerer_closed: bool
    has_activation_code: bool


def token_entered(text: str) -> str | None:
    """The counter-mark meant by what was typed, whatever its case; None when it cannot be one."""
    if not text.isascii():
        return None
    token = text.upper()
    return token if _TOKEN.fullmatch(token) else None


def is_confirmed(cancellation_limit_date: datetime | None, now: datetime) -> bool:
    """Whether the holder can no longer cancel. Never true without a limit."""
    return cancellation_limit_date is not None and cancellation_limit_date <= now


def refusal_to_use(booking: Presented, now: datetime) -> Refusal | None:
    """Why it may not be validated; None when it may. The first reason that applies is the one told."""
    if booking.status == "REIMBURSED":
        return Refusal.REFUNDED
    if booking.status == "USED":
        return Refusal.ALREADY_USED
    if booking.status == "CANCELLED":
        return Refusal.CANCELLED
    if booking.is_offerer_closed:
        return Refusal.OFFERER_CLOSED
    if booking.is_event and not is_confirmed(booking.cancellation_limit_date, now):
        return Refusal.NOT_CONFIRMED
    return None


def refusal_to_keep(booking: Presented) -> Refusal | None:
    """Why its validation may not be taken back; None when it may."""
    if booking.has_activation_code:
        return Refusal.HAS_ACTIVATION_CODE
    if booking.status == "CANCELLED":
        return Refusal.CANCELLED
    if booking.status == "REIMBURSED":
        return Refusal.REFUNDED
    if booking.status != "USED":
        return Refusal.NOT_USED
    return None
