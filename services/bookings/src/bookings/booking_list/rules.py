"""How a booking is shown to its partner (bookings rules: portal, counter-mark, exports)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import overload
from zoneinfo import ZoneInfo

from shared.geography import METROPOLITAN_TIMEZONE

PAGE_SIZE = 1000
FIRST_DAY = date(1, 1, 2)
LAST_DAY = date(9999, 12, 29)
"""A day later and some zone of the Pacific would leave the calendar."""
_ZONE_MARGIN = timedelta(hours=15)


class StatusFilter(StrEnum):
    """Which date of the booking the period is about."""

    BOOKED = "booked"
    VALIDATED = "validated"
    REIMBURSED = "reimbursed"


class ExportFilter(StrEnum):
    VALIDATED = "validated"
    ALL = "all"


class ShownStatus(StrEnum):
    BOOKED = "booked"
    VALIDATED = "validated"
    CANCELLED = "cancelled"
    REIMBURSED = "reimbursed"
    CONFIRMED = "confirmed"
    PENDING = "pending"


@dataclass(frozen=True, slots=True)
class Period:
    """Whole local days, both included."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Dated:
    """The moments in a booking's life, aware."""

    status: str
    created: datetime
    used: datetime | None
    cancelled: datetime | None
    reimbursed: datetime | None
    cancellation_limit: datetime | None


def period_of(beginning: date | None, ending: date | None) -> Period | None:
    """The period asked for, the bounds in either order; None unless both are given."""
    if beginning is None or ending is None:
        return None
    return Period(min(beginning, ending), max(beginning, ending))


def is_countable_day(day: date) -> bool:
    """Whether the day exists in every time zone that this calendar can count."""
    return FIRST_DAY <= day <= LAST_DAY


def utc_window(period: Period) -> tuple[datetime, datetime]:
    """Moments, [from, to), wide enough to hold the period of every zone of the world: for an index to narrow by."""
    first = datetime(period.first.year, period.first.month, period.first.day, tzinfo=UTC) - _ZONE_MARGIN
    last = datetime(period.last.year, period.last.month, period.last.day, tzinfo=UTC) + timedelta(days=1) + _ZONE_MARGIN
    return first, last


def certain_window(period: Period) -> tuple[datetime, datetime]:
    """Moments, [from, to), that are within the period in every zone of the world; empty for a single day."""
    earliest, latest = utc_window(period)
    return earliest + 2 * _ZONE_MARGIN, latest - 2 * _ZONE_MARGIN


def zone_name(offer_timezone: str | None, venue_timezone: str | None) -> str:
    """The zone that a booking is told in: its offer's address, else its venue's, else metropolitan France."""
    return offer_timezone or venue_timezone or METROPOLITAN_TIMEZONE


@overload
def local(moment: datetime, timezone: str) -> datetime: ...


@overload
def local(moment: None, timezone: str) -> None: ...


def local(moment: datetime | None, timezone: str) -> datetime | None:
    """An aware moment as the clocks of a zone show it, its offset kept."""
    return moment.astimezone(ZoneInfo(timezone)) if moment is not None else None


def is_past_limit(booking: Dated, now: datetime) -> bool:
    return booking.cancellation_limit is not None and booking.cancellation_limit <= now


def shown_status(booking: Dated, now: datetime) -> ShownStatus:
    """One word for where the booking is; the furthest step wins."""
    if booking.status == "REIMBURSED":
        return ShownStatus.REIMBURSED
    if booking.status == "CANCELLED":
        return ShownStatus.CANCELLED
    if booking.status == "USED":
        return ShownStatus.VALIDATED
    return ShownStatus.CONFIRMED if is_past_limit(booking, now) else ShownStatus.BOOKED


def history(booking: Dated) -> list[tuple[ShownStatus, datetime]]:
    """The dated steps of the booking, in the order of a booking's life."""
    steps = (
        (ShownStatus.BOOKED, booking.created),
        (ShownStatus.VALIDATED, booking.used),
        (ShownStatus.CANCELLED, booking.cancelled),
        (ShownStatus.REIMBURSED, booking.reimbursed),
    )
    return [(status, moment) for status, moment in steps if moment is not None]


def shown_token(token: str, *, status: str, is_dated: bool, is_external: bool) -> str | None:
    """The counter-mark a partner may read.

    A thing's is kept from them until it is settled, since only its holder may present it; a ticketing partner's own
    bar code replaces it for external bookings.
    """
    if is_external or (not is_dated and status == "CONFIRMED"):
        return None
    return token


def page_count(total: int) -> int:
    """How many pages hold `total` lines."""
    return -(-total // PAGE_SIZE)
