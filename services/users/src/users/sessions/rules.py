"""How long sessions last. Pure; instants are aware UTC."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class PortalLimits:
    """A portal session lives `normal`, and up to `final` for somebody who was active within `idle`."""

    normal: timedelta
    final: timedelta
    idle: timedelta


def portal_session_is_valid(created_at: datetime, last_seen_at: datetime, now: datetime, limits: PortalLimits) -> bool:
    """Users rules: pro session."""
    age = now - created_at
    if age < limits.normal:
        return True
    return age < limits.final and now - last_seen_at <= limits.idle


def is_reuse(rotated_at: datetime | None, now: datetime, grace: timedelta) -> bool:
    """Whether showing a refresh token is theft: it was exchanged, and too long ago for a second tab or a lost answer."""
    return rotated_at is not None and now - rotated_at > grace


LAST_CONNECTION_STEP = timedelta(minutes=15)


def should_save_connection(last: datetime | None, now: datetime) -> bool:
    """The last connection is written at most every quarter of an hour."""
    return last is None or now - last > LAST_CONNECTION_STEP


def months_before(moment: datetime, months: int) -> datetime:
    """The same day so many calendar months ago, or the last day of that month."""
    year, month = divmod(moment.year * 12 + moment.month - 1 - months, 12)
    day = min(moment.day, monthrange(year, month + 1)[1])
    return moment.replace(year=year, month=month + 1, day=day)
