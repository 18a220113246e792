"""The only clock. Rules are told the time; actions ask here, so that tests can move it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

_offset = timedelta()
_frozen: datetime | None = None


def now() -> datetime:
    """The current time, aware, in UTC."""
    return _frozen if _frozen is not None else datetime.now(UTC) + _offset


def today() -> date:
    """The current date in UTC."""
    return now().date()


def set_frozen(moment: datetime | None) -> None:
    """Stop the clock at an aware moment, or let it run again with None. For tests."""
    global _frozen
    if moment is not None and moment.tzinfo is None:
        raise ValueError("the clock needs a moment with a time zone")
    _frozen = moment.astimezone(UTC) if moment is not None else None
