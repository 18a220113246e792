"""The only clock. Rules are told the time; actions ask here, so that tests can move it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

_frozen: datetime | None = None
_offset_file: Path | None = None


def now() -> datetime:
    """The current time, aware, in UTC."""
    if _frozen is not None:
        return _frozen
    return datetime.now(UTC) if _offset_file is None else datetime.now(UTC) + _offset()


def _offset() -> timedelta:
    assert _offset_file is not None  # noqa: S101 - asked for only when there is one
    try:
        return timedelta(seconds=float(_offset_file.read_text()))
    except (OSError, ValueError):
        return timedelta()


def follow(path: str | Path | None) -> None:
    """Run ahead (or behind) by the seconds that a file holds, read at every question; None to stop that.

    For tests in which the clock of a running process jumps. Settings refuse it in production.
    """
    global _offset_file
    _offset_file = Path(path) if path else None


def today() -> date:
    """The current date in UTC."""
    return now().date()


def set_frozen(moment: datetime | None) -> None:
    """Stop the clock at an aware moment, or let it run again with None. For tests."""
    global _frozen
    if moment is not None and moment.tzinfo is None:
        raise ValueError("the clock needs a moment with a time zone")
    _frozen = moment.astimezone(UTC) if moment is not None else None
