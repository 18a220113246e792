"""What a rate limit is, and how a sliding window is estimated from two counters. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Per = Literal["identity", "address"]

_UNITS = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400}


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `limit` requests in any `window` seconds, for each identity (else address), or for each address."""

    limit: int
    window: int
    per: Per = "identity"

    def __post_init__(self) -> None:
        if self.limit < 1 or self.window < 1:
            raise ValueError("a rate needs a positive limit and window")


def parse_rate(text: str) -> Rate | None:
    """`"10/minute"` or `"10/90"` (seconds) as a rate; an empty text is no limit. ValueError for anything else."""
    if not text.strip():
        return None
    count, separator, window = text.strip().partition("/")
    if not separator:
        raise ValueError(f"{text!r} is no rate such as 10/minute")
    return Rate(int(count), _UNITS.get(window.strip()) or int(window))


def rate_of_extension(extension: Mapping[str, Any] | None) -> Rate | None:
    """The rate that an operation's `x-rate-limit` describes."""
    if not extension:
        return None
    per: Per = "address" if extension.get("per") == "address" else "identity"
    return Rate(int(extension["limit"]), int(extension["window"]), per)


def estimate(previous: float, current: float, elapsed: float) -> float:
    """How many requests the sliding window holds.

    `previous` and `current` count the last full window and the running one, `elapsed` is how much of the running
    one has gone by, from 0 to 1: the previous one still weighs what it overlaps.
    """
    return previous * (1.0 - elapsed) + current


def retry_after(previous: float, current: float, limit: int, window: int, elapsed: float) -> int:
    """After how many whole seconds one more request fits, if no other comes in between; at least 1."""
    room = limit - 1
    remaining = (1.0 - elapsed) * window
    if current <= room:
        # The previous window must fade until previous * (1 - elapsed) + current <= room.
        needed = 1.0 - (room - current) / previous if previous else elapsed
        return max(1, math.ceil((needed - elapsed) * window))
    # The running window becomes the previous one, and must fade in its turn.
    return max(1, math.ceil(remaining + (1.0 - room / current) * window))
