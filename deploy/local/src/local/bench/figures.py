"""What a bench answers: numbers with a unit, and what they should be."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Comparison = Literal["<=", "<", ">="]
_HOLDS: dict[Comparison, Callable[[float, float], bool]] = {"<=": operator.le, "<": operator.lt, ">=": operator.ge}


@dataclass(frozen=True, slots=True)
class Target:
    """What a figure must be: `Target("<=", 100)`."""

    comparison: Comparison
    value: float

    def __str__(self) -> str:
        return f"{self.comparison} {number(self.value)}"


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of a bench.

    `waited` says that it is a time by the clock, or a rate, that other programs on the machine spoil; the others count
    CPU, bytes or statements. `note` says in a few words how it came about.
    """

    what: str
    value: float
    unit: str
    target: Target | None = None
    waited: bool = False
    note: str = ""

    @property
    def is_met(self) -> bool | None:
        """Whether the target is reached; None without one."""
        return None if self.target is None else _HOLDS[self.target.comparison](self.value, self.target.value)

    def as_dict(self) -> dict[str, object]:
        return {
            "what": self.what,
            "value": round(self.value, 4),
            "unit": self.unit,
            "target": str(self.target) if self.target else None,
            "met": self.is_met,
            "waited": self.waited,
            "note": self.note,
        }


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one bench: its figures, and why it was skipped or failed."""

    bench: str
    title: str
    seconds: float
    figures: tuple[Figure, ...] = ()
    skipped: str = ""
    failed: str = ""

    def as_dict(self) -> dict[str, object]:
        return {
            "bench": self.bench,
            "title": self.title,
            "seconds": round(self.seconds, 1),
            "skipped": self.skipped or None,
            "failed": self.failed or None,
            "figures": [figure.as_dict() for figure in self.figures],
        }


class Skipped(Exception):
    """This bench cannot be run here; the message says what is missing."""


def number(value: float) -> str:
    """A number as people read it: three digits that count, thousands apart."""
    if value == int(value) and abs(value) < 1_000:
        return str(int(value))
    if abs(value) >= 100:
        return f"{value:,.0f}".replace(",", " ")
    return f"{value:.2f}" if abs(value) < 10 else f"{value:.1f}"
