"""The names of the benches, in the order in which they run. A bench is added by a module and a line here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import cast

from local.bench.figures import Figure
from local.bench.stage import Stage
from local.errors import LocalError

Measure = Callable[[Stage], Iterator[Figure]]


@dataclass(frozen=True, slots=True)
class Bench:
    """A bench by name. Its module has `measure(stage)`, which yields figures and may raise Skipped."""

    name: str
    title: str
    module: str

    @property
    def measure(self) -> Measure:
        return cast(Measure, import_module(f"local.bench.benches.{self.module}").measure)


#: `booking` fills the tables that `bookings/pro` reads; `start` looks at the memory that the others left.
BENCHES: tuple[Bench, ...] = (
    Bench("gateway", "a request through the gateway, directly and through nginx", "gateway"),
    Bench("me", "the account, through the gateway", "me"),
    Bench("events", "from the outbox to the effect in another service", "events"),
    Bench("signin", "passwords at the rate of Argon2", "signin"),
    Bench("ticket", "tickets as PDF", "ticket"),
    Bench("booking", "bookings of many things, of one, and after ten million", "booking"),
    Bench("bookings/pro", "the list of a partner with 100 000 bookings", "bookings_pro"),
    Bench("search", "a million offers: the usual questions and the hardest", "search"),
    Bench("offer", "the pages of offers and venues among a million offers", "offer"),
    Bench("start", "cold starts and memory", "start"),
)


def chosen(names: Iterable[str], benches: Sequence[Bench] = BENCHES) -> list[Bench]:
    """The benches of those names, in the order of the registry; all without a name. LocalError for an unknown one."""
    wanted = set(names)
    unknown = wanted - {bench.name for bench in benches}
    if unknown:
        raise LocalError(
            f"No bench is called {', '.join(sorted(unknown))}. There are: {', '.join(bench.name for bench in benches)}."
        )
    return [bench for bench in benches if not wanted or bench.name in wanted]
