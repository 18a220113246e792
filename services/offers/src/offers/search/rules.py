"""What of an offer can be found, and by which words: pure decisions of the index."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from offers.categories.kinds import Subcategory
from offers.categories.tables import CATEGORIES, NATIVE_CATEGORIES, SEARCH_GROUPS
from offers.search.words import words

FOREVER = datetime(9999, 12, 31, tzinfo=UTC)
MAX_DESCRIPTION_WORDS = 80
MAX_RANKING_WEIGHT = 1_000_000
ARTIST_FIELDS = ("author", "performer", "speaker", "stageDirector")
_NO_ARTIST = {"collectif", "collectifs"}
# A booking takes two seats at most, and gives back two at most.
SEATS_OF_A_BOOKING = 2


@dataclass(frozen=True, slots=True)
class StockFacts:
    """What the index asks of a stock. `booked_quantity` is what `bookings` last said."""

    price_cents: int
    quantity: int | None
    booked_quantity: int
    beginning_datetime: datetime | None
    booking_limit_datetime: datetime | None


@dataclass(frozen=True, slots=True)
class Availability:
    """What is left to book in an offer. Dates are those of its events.

    `exact_until` is when the first stock closes, `until` when the last one does.
    """

    price_min: int
    price_max: int
    dates: tuple[datetime, ...]
    exact_until: datetime
    until: datetime

    @property
    def date_min(self) -> datetime | None:
        return min(self.dates, default=None)

    @property
    def date_max(self) -> datetime | None:
        return max(self.dates, default=None)


def is_available(stock: StockFacts) -> bool:
    """Whether some of it is left, dates aside."""
    return stock.quantity is None or stock.booked_quantity < stock.quantity


def closes_at(stock: StockFacts) -> datetime:
    """When it can no longer be booked: its beginning or its booking limit, whichever comes first."""
    return min((d for d in (stock.beginning_datetime, stock.booking_limit_datetime) if d), default=FOREVER)


def availability(stocks: Iterable[StockFacts], now: datetime) -> Availability | None:
    """What is left to book now; None when nothing is."""
    left = [stock for stock in stocks if is_available(stock) and closes_at(stock) > now]
    if not left:
        return None
    prices = [stock.price_cents for stock in left]
    dates = tuple(stock.beginning_datetime for stock in left if stock.beginning_datetime)
    closings = [closes_at(stock) for stock in left]
    return Availability(min(prices), max(prices), dates, min(closings), max(closings))


def may_change_what_is_left(quantity: int | None, booked_quantity: int) -> bool:
    """Whether one booking more or less, at these figures, may have sold a stock out or opened it again."""
    return quantity is not None and quantity - booked_quantity <= SEATS_OF_A_BOOKING


def artists(extra_data: Mapping[str, Any], named: Sequence[str] = ()) -> list[str]:
    """The artists that an offer names; enumerations and anonymous collectives are no names."""
    found = [str(extra_data[field]) for field in ARTIST_FIELDS if extra_data.get(field)]
    kept = [name for name in (*found, *named) if "," not in name and ";" not in name]
    return [name for name in dict.fromkeys(kept) if name.strip().lower() not in _NO_ARTIST]


def kind_words(subcategory: Subcategory) -> list[str]:
    """The words for the kind of offer: subcategory, category, groups of the app."""
    labels = [subcategory.app_label, subcategory.label, CATEGORIES[subcategory.category_id].label]
    labels += [SEARCH_GROUPS[group].label or "" for group in subcategory.search_groups]
    if subcategory.native_category:
        labels.append(NATIVE_CATEGORIES[subcategory.native_category].label or "")
    return list(dict.fromkeys(word for label in labels for word in words(label)))


def description_words(description: str | None) -> list[str]:
    """The first words of a description, each once: enough to be found by, not enough to drown the name."""
    return list(dict.fromkeys(words((description or "")[:4_000])))[:MAX_DESCRIPTION_WORDS]


def rank(*, ranking_weight: int | None, is_event: bool, has_image: bool) -> int:
    """What breaks ties of relevance: the editors' weight, then events, then offers with an image."""
    weight = max(-MAX_RANKING_WEIGHT, min(ranking_weight or 0, MAX_RANKING_WEIGHT))
    return 4 * weight + 2 * is_event + has_image
