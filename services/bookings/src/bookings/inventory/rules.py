"""How many of a stock may be booked at most. Pure."""

from __future__ import annotations


def bookable_quantity(*, described: int | None, burned: int, booked: int) -> int | None:
    """What the partner describes, minus the burned activation codes, never below what is booked; None for unlimited."""
    return None if described is None else max(described - burned, booked)
