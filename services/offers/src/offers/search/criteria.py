"""What somebody asks of the search."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from math import inf

from offers.categories.tables import (
    SUBCATEGORIES,
    subcategories_of_category,
    subcategories_of_group,
    subcategories_of_native_category,
)

MAX_HITS_PER_PAGE = 100
MAX_REACH = 1_000
"""How far one can page: nobody reads further, and every page costs all those before it."""


class Sort(StrEnum):
    RELEVANCE = "relevance"
    DISTANCE = "distance"
    DATE = "date"
    PRICE = "price"


@dataclass(frozen=True, slots=True)
class Around:
    """A point in degrees, and how far from it in metres (None: only to sort by distance and to tell it)."""

    latitude: float
    longitude: float
    radius: float | None


@dataclass(frozen=True, slots=True)
class Criteria:
    """Prices in cents, dates included. `subcategories` None means any; empty means that nothing can match."""

    subcategories: frozenset[str] | None = None
    min_price: int | None = None
    max_price: int | None = None
    beginning_from: datetime | None = None
    beginning_to: datetime | None = None
    around: Around | None = None
    is_duo: bool | None = None
    is_digital: bool | None = None
    venue_id: int | None = None
    sort: Sort = Sort.RELEVANCE
    page: int = 0
    hits_per_page: int = 20
    facets: bool = False

    @property
    def offset(self) -> int:
        return self.page * self.hits_per_page

    @property
    def limit(self) -> int:
        """How many hits this page may hold."""
        return max(0, min(self.hits_per_page, MAX_REACH - self.offset))

    @property
    def asks_dates(self) -> bool:
        """Whether only what has a date can fit."""
        return self.beginning_from is not None or self.beginning_to is not None or self.sort is Sort.DATE

    @property
    def asks_stocks(self) -> bool:
        """Whether a single stock must fit: its price, its date."""
        return any(
            bound is not None for bound in (self.min_price, self.max_price, self.beginning_from, self.beginning_to)
        )


@dataclass(frozen=True, slots=True)
class Question:
    """Criteria with the words asked for (`tsquery` syntax, None for any), as of an instant.

    `newest` is the greatest id in the index, `expected` about how many offers have the words.
    """

    criteria: Criteria
    query: str | None
    newest: int
    now: datetime
    expected: float = inf


def subcategories_asked(
    subcategories: list[str], categories: list[str], native_categories: list[str], search_groups: list[str]
) -> frozenset[str] | None:
    """The subcategories that fit every kind of choice made (any of the values of each); None when none was made.

    Unknown names fit nothing: an old link must not show everything.
    """
    choices: list[set[str]] = []
    if subcategories:
        choices.append({name for name in subcategories if name in SUBCATEGORIES})
    for names, members in (
        (categories, subcategories_of_category),
        (native_categories, subcategories_of_native_category),
        (search_groups, subcategories_of_group),
    ):
        if names:
            choices.append({member for name in names for member in members(name)})
    return frozenset(set.intersection(*choices)) if choices else None


def page_count(hits: int, hits_per_page: int) -> int:
    """How many pages of hits can be asked for."""
    return -(-min(hits, MAX_REACH) // hits_per_page)
