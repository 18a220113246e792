"""Searches the index. Each function is one statement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from offers.search.criteria import Criteria, Sort
from offers.search.geometry import arc_of, chord_of, cube_of

COUNTED = 2_000
"""Up to how many hits are counted exactly: twice as far as anybody can page."""
COUNTED_FOR_FACETS = 10_000
RANKED = 5_000
"""How many of the matches, the best by rank, are weighed word by word."""

_DISTANCE = "search_offer.position <-> CAST(:point AS cube)"

# A stock that can be booked now and fits what is asked of prices and dates.
_STOCK = """
    NOT stock.is_soft_deleted
    AND (stock.beginning_datetime IS NULL OR stock.beginning_datetime > :now)
    AND (stock.booking_limit_datetime IS NULL OR stock.booking_limit_datetime > :now)
    AND (stock.quantity IS NULL OR stock.quantity > coalesce(
        (SELECT booked_quantity FROM inventory_replica WHERE inventory_replica.id = stock.id), 0))
"""


@dataclass(frozen=True, slots=True)
class Match:
    """An offer found; `distance` in metres from the point asked about, None without one or for what is online."""

    offer_id: int
    distance: float | None


def _radius(criteria: Criteria) -> float | None:
    return criteria.around.radius if criteria.around else None


def counted(criteria: Criteria) -> int:
    """Up to how many hits of these criteria are counted."""
    return COUNTED_FOR_FACETS if criteria.facets else COUNTED


def _stock_conditions(criteria: Criteria) -> str:
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


def _conditions(criteria: Criteria, query: str | None, *, with_stock: bool = True) -> str:
    """What a row of the index must fulfil. Only names of ours are put together; values are always parameters."""
    conditions = ["search_offer.publication_datetime <= :now", "search_offer.bookable_until > :now"]
    if query is not None:
        conditions.append("search_offer.words @@ CAST(:query AS tsquery)")
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
    if criteria.is_duo is not None:
        conditions.append("search_offer.is_duo = :is_duo")
    if criteria.is_digital is not None:
        conditions.append("search_offer.is_digital = :is_digital")
    if criteria.venue_id is not None:
        conditions.append("search_offer.venue_id = :venue_id")
    if _radius(criteria) is not None:
        conditions.append("search_offer.position <@ cube_enlarge(CAST(:point AS cube), :chord, 3)")
        conditions.append(f"{_DISTANCE} <= :chord")
    if with_stock and criteria.asks_stocks:
        fitting = f"SELECT FROM stock WHERE stock.offer_id = search_offer.offer_id AND {_stock_conditions(criteria)}"
        dates_alone = criteria.beginning_from is not None or criteria.beginning_to is not None
        if dates_alone and query is None and criteria.venue_id is None and _radius(criteria) is None:
            # Few stocks have such a date: they are read first, by their own index.
            conditions.append(f"EXISTS ({fitting})")
        else:
            # Each offer asks its own stocks, if it must. `OFFSET 0` keeps the planner from reading all stocks at once.
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


def _parameters(criteria: Criteria, query: str | None, now: datetime) -> dict[str, Any]:
    around = criteria.around
    return {
        "now": now,
        "query": query,
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
        "ranked": RANKED,
        "counted": counted(criteria) + 1,
    }


def _statement(sql: str, criteria: Criteria, query: str | None, now: datetime) -> sa.TextClause:
    parameters = _parameters(criteria, query, now)
    statement = sa.text(sql)
    return statement.bindparams(**{name: parameters[name] for name in statement.compile().params})


def matches_sql(criteria: Criteria, query: str | None) -> str:
    """The SQL of a page of matches: for the application, and for whoever explains it."""
    distance = _DISTANCE if criteria.around else "NULL"
    page = "LIMIT :limit OFFSET :offset"
    match criteria.sort:
        case Sort.DATE:
            # Dates in their order, each offer at the first of its own that fits: as many stocks are read as are shown.
            return f"""
                SELECT search_offer.offer_id, {distance} AS chord
                FROM stock JOIN search_offer ON search_offer.offer_id = stock.offer_id
                WHERE stock.beginning_datetime > :now AND {_stock_conditions(criteria)}
                AND {_conditions(criteria, query, with_stock=False)}
                AND NOT EXISTS (
                    SELECT FROM stock AS sooner WHERE sooner.offer_id = stock.offer_id
                    AND (sooner.beginning_datetime, sooner.id) < (stock.beginning_datetime, stock.id)
                    AND {_stock_conditions(criteria).replace("stock.", "sooner.")}
                )
                ORDER BY stock.beginning_datetime, search_offer.offer_id {page}
            """  # noqa: S608
        case Sort.PRICE:
            order = "search_offer.price_min, search_offer.offer_id"
        case Sort.DISTANCE if criteria.around:
            order = f"{_DISTANCE}, search_offer.offer_id"
        case _ if query is not None:
            # Weighing words costs: only the best of many matches are weighed.
            return f"""
                SELECT search_offer.offer_id, {distance} AS chord
                FROM (
                    SELECT search_offer.offer_id FROM search_offer WHERE {_conditions(criteria, query)}
                    ORDER BY search_offer.rank DESC, search_offer.offer_id DESC LIMIT :ranked
                ) AS best JOIN search_offer ON search_offer.offer_id = best.offer_id
                ORDER BY ts_rank('{{0.05, 0.15, 0.4, 1}}', search_offer.words, CAST(:query AS tsquery), 1) DESC,
                         search_offer.rank DESC, search_offer.offer_id DESC {page}
            """  # noqa: S608
        case _:
            order = "search_offer.rank DESC, search_offer.offer_id DESC"
    return f"""
        SELECT search_offer.offer_id, {distance} AS chord FROM search_offer
        WHERE {_conditions(criteria, query)} ORDER BY {order} {page}
    """  # noqa: S608


async def find_matches(session: AsyncSession, criteria: Criteria, query: str | None, now: datetime) -> list[Match]:
    """The offers of one page, in the order asked for. Sorting by date shows what has dates alone."""
    rows = await session.execute(_statement(matches_sql(criteria, query), criteria, query, now))
    return [Match(row.offer_id, arc_of(row.chord) if row.chord is not None else None) for row in rows]


def count_sql(criteria: Criteria, query: str | None) -> str:
    """The SQL that counts the matches by subcategory."""
    conditions = _conditions(criteria, query)
    if criteria.sort is Sort.DATE:
        conditions += " AND search_offer.date_max > :now"
    return f"""
        SELECT subcategory_id, count(*) AS hits FROM (
            SELECT search_offer.subcategory_id FROM search_offer WHERE {conditions} LIMIT :counted
        ) AS matching GROUP BY subcategory_id
    """  # noqa: S608


async def count_by_subcategory(
    session: AsyncSession, criteria: Criteria, query: str | None, now: datetime
) -> dict[str, int]:
    """How many offers match in each subcategory; in all, one more than `counted(criteria)` at most."""
    rows = await session.execute(_statement(count_sql(criteria, query), criteria, query, now))
    return {row.subcategory_id: row.hits for row in rows}


__all__ = ["Match", "count_by_subcategory", "count_sql", "counted", "find_matches", "matches_sql"]
