"""What the clients saw: the answers that the databases must agree with when all is over."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Held:
    """A booking as its holder knows it: `status` is what the last answer made of it. A `haunted` one is not touched at
    the desk any more: a request of which the client gave up the answer may still be on its way.
    """

    booking_id: int
    user_id: int
    stock_id: int
    status: str = "CONFIRMED"
    token: str = ""
    haunted: bool = False


@dataclass
class Described:
    """A stock as its partner last had it acknowledged; `unsure` when even the partner cannot tell."""

    stock_id: int
    offer_id: int
    price_cents: int
    quantity: int
    haunted: bool = False
    unsure: bool = False


@dataclass
class Seen:
    """Everything that was answered since the platform began. Written by the load's thread, read when it has ended.

    `wrong` holds sentences about answers that were neither right nor an honest "come again"; `doubtful` counts requests
    of which the client did not learn the outcome at first.
    """

    bookings: dict[int, Held] = field(default_factory=dict)
    stocks: dict[int, Described] = field(default_factory=dict)
    people: set[int] = field(default_factory=set)
    acknowledged: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    doubtful: Counter[str] = field(default_factory=Counter)
    repeated: int = 0
    wrong: list[str] = field(default_factory=list)

    @property
    def total(self) -> int:
        """How many changes were acknowledged."""
        return sum(self.acknowledged.values())

    @property
    def doubts(self) -> int:
        """How many requests left their clients in doubt at first."""
        return sum(self.doubtful.values())
