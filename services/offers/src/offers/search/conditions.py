"""What a row of the index must fulfil, in SQL. Only names of ours are put together; values are always parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from offers.search.criteria import Criteria, Question, Sort
from offers.search.geometry import chord_of, cube_of
from offers.search.slices import narrowing

DISTANCE = "search_offer.position <-> CAST(:point AS cube)"

# Nothing of what the row says has passed.
_EXACT = "search_offer.exact_until > :now"

# A stock that can be booked now.
_STOCK = """
    NOT stock.is_soft_deleted
    AND (stock.beginning_datetime IS NULL OR stock.beginning_datetime > :now)
    AND (stock.booking_limit_datetime IS NULL OR stock.booking_limit_datetime > :now)
    AND (stock.quantity IS NULL OR stock.quantity > coalesce(
        (SELECT booked_quantity FROM inventory_replica WHERE inventory_replica.id = stock.id), 0))
"""


def radius(criteria: Criteria) -> float | None:
    return criteria.around.radius if criteria.around else None


def stock_conditions(criteria: Criteria) -> str:
    """What a stock must fulfil to be booked now, for such a price, on such a date."""
    conditions = [_STOCK]
    if criteria.min_price is not None:
        conditions.append("stock.price_cents >= :min_price")
    if criteria.max_price is not None:
        conditions.append("stock.price_cents <= :max_price")
    if criteria.beginning_from is not None:
        conditions.append("stock.beginning_datetime >= :beginning_from")
    if criteria.beginning_to is not None:
        conditions.append("stock.beginning_datetime <= :beginning_to")
    return " AND ".join(conditions)


def row_conditions(question: Question, *, sliced_by: Sort | None) -> str:
    """What a row must fulfil besides being of its slice, one of slices that follow that sort; None: there are no slices, and
    tags are not asked.

    Sorted by dates, one of its stocks must fit who gives the first date (`dates.first`), else any.
    """
    criteria = question.criteria
    conditions = ["search_offer.publication_datetime <= :now", "search_offer.bookable_until > :now"]
    if question.query is not None:
        conditions.append("search_offer.words @@ CAST(:query AS tsquery)")
    groups = narrowing(question, sliced_by=sliced_by) if sliced_by is not None else []
    for number in range(len(groups)):
        conditions.append(f"search_offer.tags && CAST(:tags_{number} AS int[])")
    if criteria.subcategories is not None:
        conditions.append("search_offer.subcategory_id = ANY (:subcategories)")
    # What the index says of prices and dates holds all that is left: it sorts out, the stocks decide.
    if criteria.max_price is not None:
        conditions.append("search_offer.price_min <= :max_price")
    if criteria.min_price is not None:
        conditions.append("search_offer.price_max >= :min_price")
    if criteria.beginning_to is not None:
        conditions.append("search_offer.date_min <= :beginning_to")
    if criteria.beginning_from is not None:
        conditions.append("search_offer.date_max >= :beginning_from")
    if criteria.sort is Sort.DATE:
        conditions += ["search_offer.date_max > :now", "dates.first IS NOT NULL"]
    if criteria.is_duo is not None:
        conditions.append("search_offer.is_duo = :is_duo")
    if criteria.is_digital is not None:
        conditions.append("search_offer.is_digital = :is_digital")
    if criteria.venue_id is not None:
        conditions.append("search_offer.venue_id = :venue_id")
    if radius(criteria) is not None:
        conditions.append(f"{DISTANCE} <= :chord")
    if criteria.asks_stocks and criteria.sort is not Sort.DATE:
        # Each offer asks its own stocks, if it must. `OFFSET 0` keeps the planner from reading all stocks at once.
        fitting = f"SELECT FROM stock WHERE stock.offer_id = search_offer.offer_id AND {stock_conditions(criteria)}"
        conditions.append(f"({_decided_by_row(criteria)} OR EXISTS ({fitting} OFFSET 0))")
    return " AND ".join(conditions)


@dataclass(frozen=True, slots=True)
class _Span:
    """What is asked of a price or a date, which every stock has between the `least` and the `most` of its row."""

    least: str
    most: str
    low: str | None
    high: str | None

    @property
    def is_asked(self) -> bool:
        return self.low is not None or self.high is not None

    @property
    def contained(self) -> str:
        """Every stock fits."""
        bounds = [f"{self.least} >= {self.low}"] if self.low else []
        bounds += [f"{self.most} <= {self.high}"] if self.high else []
        return " AND ".join(bounds)

    @property
    def touched(self) -> str:
        """One of those at either end fits, while the row is exact."""
        ends = (self.within(self.least), self.within(self.most))
        return f"({' OR '.join(ends)})"

    def within(self, end: str) -> str:
        """The end fits, and with it the stock that has it."""
        bounds = [f"{end} >= {self.low}"] if self.low else []
        bounds += [f"{end} <= {self.high}"] if self.high else []
        return f"({' AND '.join(bounds)})"


def _spans(criteria: Criteria) -> tuple[_Span, _Span]:
    """What is asked of prices, and of dates."""
    return (
        _Span(
            "search_offer.price_min",
            "search_offer.price_max",
            ":min_price" if criteria.min_price is not None else None,
            ":max_price" if criteria.max_price is not None else None,
        ),
        _Span(
            "search_offer.date_min",
            "search_offer.date_max",
            ":beginning_from" if criteria.beginning_from is not None else None,
            ":beginning_to" if criteria.beginning_to is not None else None,
        ),
    )


def _decided_by_row(criteria: Criteria) -> str:
    """When an offer's stocks need not be asked one by one: all of them fit, or the row is exact and says that one does."""
    asked = [span for span in _spans(criteria) if span.is_asked]
    ways = [" AND ".join(span.contained for span in asked)]
    for span in asked:
        others = [other.contained for other in asked if other is not span]
        ways.append(" AND ".join([_EXACT, span.touched, *others]))
    return f"({' OR '.join(ways)})"


def first_date(criteria: Criteria) -> str:
    """The first date of an offer that can be booked now and fits; its row says it, or else its stocks do."""
    prices, dates = _spans(criteria)
    decided = [_EXACT]
    if prices.is_asked:
        decided.append(prices.contained)
    if dates.is_asked:
        decided.append(dates.within(dates.least))
    return f"""CASE WHEN {" AND ".join(decided)} THEN search_offer.date_min ELSE (
        SELECT min(stock.beginning_datetime) FROM stock WHERE stock.offer_id = search_offer.offer_id
        AND stock.beginning_datetime > :now AND {stock_conditions(criteria)}
    ) END"""  # noqa: S608


def parameters(question: Question, *, sliced_by: Sort) -> dict[str, Any]:
    """The values of every name that these conditions may use."""
    criteria = question.criteria
    around = criteria.around
    groups = narrowing(question, sliced_by=sliced_by)
    return {
        "now": question.now,
        "query": question.query,
        "subcategories": sorted(criteria.subcategories or ()),
        "min_price": criteria.min_price,
        "max_price": criteria.max_price,
        "beginning_from": criteria.beginning_from,
        "beginning_to": criteria.beginning_to,
        "is_duo": criteria.is_duo,
        "is_digital": criteria.is_digital,
        "venue_id": criteria.venue_id,
        "point": cube_of(around.latitude, around.longitude) if around else None,
        "chord": chord_of(around.radius) if around and around.radius is not None else None,
        "limit": criteria.limit,
        "offset": criteria.offset,
        "reach": criteria.offset + criteria.limit,
        **{f"tags_{number}": group for number, group in enumerate(groups)},
    }
