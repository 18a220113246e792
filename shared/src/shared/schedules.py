"""When jobs are due: times that come again, in UTC, as cron would keep them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

# A Monday, from which every period is counted.
_EPOCH = datetime(1970, 1, 5, tzinfo=UTC)
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True)
class Schedule:
    """Every `period`, `offset` after the start of it. `words` say so; `cron` is the same in five fields."""

    words: str
    cron: str
    period: timedelta
    offset: timedelta = timedelta()

    def last_slot(self, now: datetime) -> datetime:
        """The latest moment, not after now, at which the job was to start."""
        return now - (now - _EPOCH - self.offset) % self.period

    def is_due(self, now: datetime, last_start: datetime | None) -> bool:
        """Whether a job that last started then has missed its latest moment."""
        return last_start is None or last_start < self.last_slot(now)


def every(minutes: int) -> Schedule:
    """`every(minutes=5)`: a divisor of an hour."""
    if not 1 <= minutes <= 60 or 60 % minutes:
        raise ValueError("minutes divide an hour")
    words, cron = (f"every {minutes} minutes", f"*/{minutes} * * * *") if minutes < 60 else ("hourly", "0 * * * *")
    return Schedule(words, cron, timedelta(minutes=minutes))


def daily(at: str) -> Schedule:
    """`daily("05:00")`."""
    moment = time.fromisoformat(at)
    offset = timedelta(hours=moment.hour, minutes=moment.minute)
    return Schedule(f"daily, {at}", f"{moment.minute} {moment.hour} * * *", timedelta(days=1), offset)


def weekly(day: str, at: str) -> Schedule:
    """`weekly("sunday", "03:00")`."""
    moment, number = time.fromisoformat(at), _DAYS.index(day)
    offset = timedelta(days=number, hours=moment.hour, minutes=moment.minute)
    cron = f"{moment.minute} {moment.hour} * * {(number + 1) % 7}"
    return Schedule(f"{day}s, {at}", cron, timedelta(days=7), offset)
