"""The capacity model: what a number of users asks of processors, streams and disks, from measured costs (pure).

Costs are those of docs/performance.md; usage is assumed, and said to be. Change either and the table of docs/scaling.md
follows (`./pc openapi`).
"""

from dataclasses import dataclass
from math import ceil
from pathlib import Path

from local.paths import ROOT

PAGE = ROOT / "docs" / "scaling.md"
BEGIN, END = "<!-- capacity -->", "<!-- /capacity -->"
_DAY, _HOUR = 86_400, 3_600


@dataclass(frozen=True)
class Usage:
    """How people behave. Shares are of one."""

    users: int = 5_000_000
    active_a_day: float = 0.08
    requests_a_day: int = 60
    bookings_a_year: int = 12
    # How much of a day falls into its fullest hour, and how much fuller its fullest minute is than that hour.
    fullest_hour: float = 0.12
    rush: float = 4.0
    # What people ask for, by kind.
    mix: tuple[tuple[str, float], ...] = (("me", 0.25), ("offer", 0.35), ("search", 0.15), ("bookings", 0.25))


@dataclass(frozen=True)
class Costs:
    """Milliseconds of processor, in Python and in PostgreSQL; facts and bytes a booking."""

    gateway_ms: float = 0.1
    python_ms: tuple[tuple[str, float], ...] = (("me", 1.2), ("offer", 0.8), ("search", 3.9), ("bookings", 2.5))
    postgres_ms: tuple[tuple[str, float], ...] = (("me", 0.24), ("offer", 1.9), ("search", 11.5), ("bookings", 0.4))
    booking_python_ms: float = 1.2
    booking_postgres_ms: float = 1.7
    event_ms: float = 0.9
    # created, inventory and wallet; half of the bookings are used or cancelled with as many more.
    facts_a_booking: float = 6.0
    readers_a_fact: float = 2.5
    booking_bytes: int = 1_600
    fact_bytes: int = 3_500
    retention_days: int = 7
    # How full a processor may be so that a rush still finds it free.
    utilisation: float = 0.6


@dataclass(frozen=True)
class Line:
    what: str
    average: str
    peak: str


def _number(value: float) -> str:
    if value >= 10:
        return f"{round(value):,}".replace(",", " ")
    return f"{value:.1f}"


def _gigabytes(value: float) -> str:
    return f"{_number(value / 1e9)} GB"


def model(usage: Usage = Usage(), costs: Costs = Costs()) -> list[Line]:
    """Requests, events, processors and bytes: on an average second, and in the fullest minute of a day."""
    daily = usage.users * usage.active_a_day * usage.requests_a_day
    bookings = usage.users * usage.bookings_a_year / 365
    peak = usage.fullest_hour * usage.rush / _HOUR

    def rates(a_day: float) -> tuple[float, float]:
        return a_day / _DAY, a_day * peak

    facts = bookings * costs.facts_a_booking
    python, postgres = dict(costs.python_ms), dict(costs.postgres_ms)
    request_ms = sum(share * python[kind] for kind, share in usage.mix)
    query_ms = sum(share * postgres[kind] for kind, share in usage.mix)

    def cores(milliseconds: float) -> float:
        return milliseconds / 1_000 / costs.utilisation

    lines = [
        ("requests a second", *rates(daily)),
        ("bookings a second", *rates(bookings)),
        ("facts a second", *rates(facts)),
    ]
    made = [Line(name, _number(low), _number(high)) for name, low, high in lines]
    (low, high), (few, many), (slow, fast) = rates(daily), rates(bookings), rates(facts)
    needs = [
        ("processors of the gateway", cores(costs.gateway_ms * low), cores(costs.gateway_ms * high)),
        (
            "processors of the APIs",
            cores(request_ms * low + costs.booking_python_ms * few),
            cores(request_ms * high + costs.booking_python_ms * many),
        ),
        (
            "processors of the workers",
            cores(costs.event_ms * costs.readers_a_fact * slow),
            cores(costs.event_ms * costs.readers_a_fact * fast),
        ),
        (
            "processors of the databases",
            cores(query_ms * low + costs.booking_postgres_ms * few),
            cores(query_ms * high + costs.booking_postgres_ms * many),
        ),
    ]
    made += [Line(name, str(ceil(low)), str(ceil(high))) for name, low, high in needs]
    yearly = usage.users * usage.bookings_a_year
    return [
        *made,
        Line(
            "bookings kept, a year", f"{_number(yearly / 1e6)} million rows", _gigabytes(yearly * costs.booking_bytes)
        ),
        Line(
            f"outbox and streams, {costs.retention_days} days",
            f"{_number(facts * costs.retention_days / 1e6)} million facts",
            _gigabytes(2 * facts * costs.retention_days * costs.fact_bytes),
        ),
    ]


def table(usage: Usage = Usage(), costs: Costs = Costs()) -> str:
    rows = [f"| {line.what} | {line.average} | {line.peak} |" for line in model(usage, costs)]
    return "\n".join(["| | average, or rows | fullest minute, or bytes |", "| --- | --- | --- |", *rows])


def expected() -> dict[Path, str]:
    """docs/scaling.md with the model's table in its place."""
    text = PAGE.read_text(encoding="utf-8")
    head, rest = text.split(BEGIN)
    _, tail = rest.split(END)
    return {PAGE: f"{head}{BEGIN}\n{table()}\n{END}{tail}"}
