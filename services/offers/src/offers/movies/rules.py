"""The calendar of screenings: pure decisions."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Generic, TypeVar
from zoneinfo import ZoneInfo

MAX_DAYS = 62
DEFAULT_DAYS = timedelta(days=15)


class Bookability(StrEnum):
    BOOKABLE = "BOOKABLE"
    STOCK_BOOKING_IS_DISABLED = "STOCK_BOOKING_IS_DISABLED"
    STOCK_IS_SOLD_OUT = "STOCK_IS_SOLD_OUT"
    USER_CANNOT_BOOK = "USER_CANNOT_BOOK"
    USER_HAS_ALREADY_BOOKED_OFFER = "USER_HAS_ALREADY_BOOKED_OFFER"
    USER_HAS_ALREADY_BOOKED_RELATED_OFFER = "USER_HAS_ALREADY_BOOKED_RELATED_OFFER"
    USER_HAS_INSUFFICIENT_CREDIT = "USER_HAS_INSUFFICIENT_CREDIT"
    AUTHENTICATION_REQUIRED = "AUTHENTICATION_REQUIRED"
    FINISH_SUBSCRIPTION_REQUIRED = "FINISH_SUBSCRIPTION_REQUIRED"
    USER_APPLICATION_STILL_PROCESSING = "USER_APPLICATION_STILL_PROCESSING"
    USER_HAS_APPLICATION_ERROR = "USER_HAS_APPLICATION_ERROR"


@dataclass(frozen=True, slots=True)
class Viewer:
    """Whoever looks at the calendar: what they booked of the film, and whether they have a credit at all."""

    is_beneficiary: bool
    booked_offers: frozenset[int]
    has_booked_product: frozenset[int]


@dataclass(frozen=True, slots=True)
class Screening:
    """A showing of a film: a stock of an offer. `is_open`: neither over its booking limit nor held back."""

    stock_id: int
    offer_id: int
    product_id: int | None
    price_cents: int
    features: list[str]
    beginning: datetime
    is_open: bool
    is_sold_out: bool


def bookability(screening: Screening, viewer: Viewer | None) -> Bookability:
    """Why a screening cannot be booked by this viewer, or that it can as far as is known here.

    What is left of a credit is known to `bookings` alone: it decides at the booking.
    """
    if screening.is_sold_out:
        return Bookability.STOCK_IS_SOLD_OUT
    if not screening.is_open:
        return Bookability.STOCK_BOOKING_IS_DISABLED
    if viewer is None:
        return Bookability.AUTHENTICATION_REQUIRED
    if screening.offer_id in viewer.booked_offers:
        return Bookability.USER_HAS_ALREADY_BOOKED_OFFER
    if screening.product_id in viewer.has_booked_product:
        return Bookability.USER_HAS_ALREADY_BOOKED_RELATED_OFFER
    return Bookability.BOOKABLE if viewer.is_beneficiary else Bookability.USER_CANNOT_BOOK


K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Line(Generic[K]):
    """What a place shows on a day; `nearest` is the screening of another day that is nearest to it, when none is."""

    key: K
    screenings: list[Screening]
    nearest: Screening | None


def local_day(moment: datetime, timezone: str) -> date:
    return moment.astimezone(ZoneInfo(timezone)).date()


def days(first: date, last: date) -> list[date]:
    """Every day from the first to the last, both included."""
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def lines_of_day(
    day: date,
    groups: Iterable[tuple[K, str, Sequence[Screening]]],
    rank: Callable[[K], float],
) -> list[Line[K]]:
    """A day of the calendar, out of groups (a key, its time zone, its screenings).

    Those that show the film that day come first, each part in the order of `rank`.
    """
    lines = []
    for key, timezone, screenings in groups:
        today = sorted((s for s in screenings if local_day(s.beginning, timezone) == day), key=lambda s: s.beginning)
        nearest = None
        if not today and screenings:
            # The nearest in either direction; of two as near, the later one can still be seen.
            nearest = min(
                screenings, key=lambda s: (abs((local_day(s.beginning, timezone) - day).days), -s.beginning.timestamp())
            )
        lines.append(Line(key, today, nearest))
    return sorted(lines, key=lambda line: (not line.screenings, rank(line.key)))
