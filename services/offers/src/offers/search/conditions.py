"""What a row of the index must fulfil, in SQL. Only names of ours are put together; values are always parameters."""

from __future__ import annotations

from typing import Any

from offers.search.criteria import Criteria, Question, Sort
from offers.search.geometry import chord_of, cube_of
from offers.search.slices import narrowing

DISTANCE = "search_offer.position <-> CAST(:point AS cube)"

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


def row_conditions(question: Question, *, with_stock: bool = True, sliced_by: Sort = Sort.RELEVANCE) -> str:
    """What a row must fulfil besides being of its slice. `with_stock`: one of its stocks must fit, too."""
    criteria = question.criteria
    conditions = ["search_offer.publication_datetime <= :now", "search_offer.bookable_until > :now"]
    if question.query is not None:
        conditions.append("search_offer.words @@ CAST(:query AS tsquery)")
    for number in range(len(narrowing(criteria, question.now, sliced_by=sliced_by))):
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
        conditions.append("search_offer.date_max > :now")
    if criteria.is_duo is not None:
        conditions.append("search_offer.is_duo = :is_duo")
    if criteria.is_digital is not None:
        conditions.append("search_offer.is_digital = :is_digital")
    if criteria.venue_id is not None:
        conditions.append("search_offer.venue_id = :venue_id")
    if radius(criteria) is not None:
        conditions.append(f"{DISTANCE} <= :chord")
    if with_stock and criteria.asks_stocks:
        # Each offer asks its own stocks, if it must. `OFFSET 0` keeps the planner from reading all stocks at once.
        fitting = f"SELECT FROM stock WHERE stock.offer_id = search_offer.offer_id AND {stock_conditions(criteria)}"
        conditions.append(f"(({_contained(criteria)}) OR EXISTS ({fitting} OFFSET 0))")
    return " AND ".join(conditions)


def _contained(criteria: Criteria) -> str:
    """When everything left of an offer fits, its stocks need not be asked one by one."""
    conditions = []
    if criteria.min_price is not None:
        conditions.append("search_offer.price_min >= :min_price")
    if criteria.max_price is not None:
        conditions.append("search_offer.price_max <= :max_price")
    if criteria.beginning_from is not None:
        conditions.append("search_offer.date_min >= :beginning_from")
    if criteria.beginning_to is not None:
        conditions.append("search_offer.date_max <= :beginning_to")
    return " AND ".join(conditions)


def parameters(question: Question, *, sliced_by: Sort = Sort.RELEVANCE) -> dict[str, Any]:
    """The values of every name that these conditions may use."""
    criteria = question.criteria
    around = criteria.around
    groups = narrowing(criteria, question.now, sliced_by=sliced_by)
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
