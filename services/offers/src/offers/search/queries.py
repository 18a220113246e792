"""Searches the index. Each function is one statement.

All take the index in slices (`slices.py`), each by one look into the one index of words and tags, until there is enough.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from offers.search.conditions import DISTANCE, parameters, row_conditions, stock_conditions
from offers.search.criteria import Criteria, Question, Sort
from offers.search.geometry import arc_of
from offers.search.models import SearchOffer
from offers.search.slices import Slice, by_rank, narrowing, slices

COUNTED = 2_000
"""Up to how many hits are counted exactly: twice as far as anybody can page."""
COUNTED_FOR_FACETS = 10_000
RANKED = 2_000
"""How many of the matches, the best by rank, are weighed word by word."""
WEIGHTS = "{0.05, 0.15, 0.4, 1}"
"""What a word counts in the description, the place, the kind, the name."""

_BEST = "search_offer.rank DESC, search_offer.offer_id DESC"


@dataclass(frozen=True, slots=True)
class Match:
    """An offer found; `distance` in metres from the point asked about, None without one or for what is online."""

    offer_id: int
    distance: float | None


def counted(criteria: Criteria) -> int:
    """Up to how many hits of these criteria are counted."""
    return COUNTED_FOR_FACETS if criteria.facets else COUNTED


def _slices(bound: str) -> str:
    """The slices as rows. `WITH ORDINALITY` tells the planner that they come in order, so that none is read too early."""
    arrays = ("text[]", "text[]", f"{bound}[]", f"{bound}[]")
    names = ("slice_tags", "slice_also", "slice_low", "slice_high")
    functions = ", ".join(f"unnest(CAST(:{name} AS {kind}))" for name, kind in zip(names, arrays, strict=True))
    return f"ROWS FROM ({functions}) WITH ORDINALITY AS slice (tags, also, low, high, place)"


def _array(values: Sequence[int]) -> str:
    return f"{{{','.join(map(str, values))}}}"


def _taken(question: Question, sliced_by: Sort, columns: str, order: str, limit: str) -> str:
    """Rows of slice after slice. Within a slice they are sorted by `order`; each gives `:reach` of them at most."""
    source, with_stock, bound = "search_offer", True, "float"
    conditions = ["search_offer.tags && CAST(slice.tags AS int[])"]
    match sliced_by:
        case Sort.PRICE:
            conditions.append("search_offer.tags && CAST(slice.also AS int[])")
        case Sort.DISTANCE:
            conditions.append(
                "CASE WHEN slice.high IS NULL THEN search_offer.position IS NULL "
                f"ELSE {DISTANCE} > slice.low AND {DISTANCE} <= slice.high END"
            )
        case Sort.DATE:
            # An offer is shown at the first of its dates that fits.
            first = f"""
                SELECT min(stock.beginning_datetime) AS first FROM stock WHERE stock.offer_id = search_offer.offer_id
                AND stock.beginning_datetime > :now AND {stock_conditions(question.criteria)}
            """  # noqa: S608
            source, with_stock, bound = f"search_offer CROSS JOIN LATERAL ({first}) AS dates", False, "timestamptz"
            conditions.append("dates.first >= slice.low AND dates.first < slice.high")
    conditions.append(row_conditions(question, with_stock=with_stock, sliced_by=sliced_by))
    return f"""
        SELECT taken.* FROM {_slices(bound)} CROSS JOIN LATERAL (
            SELECT {columns} FROM {source} WHERE {" AND ".join(conditions)} {order}
        ) AS taken ORDER BY slice.place {limit}
    """  # noqa: S608


def _slice_parameters(found: Sequence[Slice]) -> dict[str, list[object]]:
    return {
        "slice_tags": [_array(one.any_of) for one in found],
        "slice_also": [_array(one.also or one.any_of) for one in found],
        "slice_low": [one.low for one in found],
        "slice_high": [one.high for one in found],
    }


def _is_open(question: Question) -> bool:
    """Whether nearly everything fits what is asked."""
    criteria = question.criteria
    asks_nothing = criteria.is_duo is None and criteria.is_digital is None and not criteria.asks_stocks
    return question.query is None and asks_nothing and len(narrowing(criteria, question.now)) <= 1


def _dates_in_order(question: Question) -> str:
    """Dates in their order, each offer at the first of its own: as many stocks are read as are shown, if most offers fit."""
    stock = stock_conditions(question.criteria)
    distance = DISTANCE if question.criteria.around else "NULL"
    return f"""
        SELECT search_offer.offer_id, {distance} AS chord
        FROM stock JOIN search_offer ON search_offer.offer_id = stock.offer_id
        WHERE stock.beginning_datetime > :now AND {stock} AND {row_conditions(question, with_stock=False)}
        AND NOT EXISTS (
            SELECT FROM stock AS sooner WHERE sooner.offer_id = stock.offer_id
            AND (sooner.beginning_datetime, sooner.id) < (stock.beginning_datetime, stock.id)
            AND {stock.replace("stock.", "sooner.")}
        )
        ORDER BY stock.beginning_datetime, search_offer.offer_id LIMIT :limit OFFSET :offset
    """  # noqa: S608


def matches_sql(question: Question) -> str:
    """The SQL of a page of matches: for the application, and for whoever explains it."""
    criteria = question.criteria
    sort = criteria.sort
    if sort is Sort.RELEVANCE and question.query is not None:
        # Weighing words costs: only the best of many matches are weighed.
        taken = _taken(
            question,
            sort,
            "search_offer.offer_id, search_offer.rank, search_offer.words, search_offer.position",
            f"ORDER BY {_BEST} LIMIT :ranked",
            "LIMIT :ranked",
        )
        return f"""
            SELECT search_offer.offer_id, {DISTANCE if criteria.around else "NULL"} AS chord
            FROM ({taken}) AS search_offer
            ORDER BY ts_rank('{WEIGHTS}', search_offer.words, CAST(:query AS tsquery), 1) DESC, {_BEST}
            LIMIT :limit OFFSET :offset
        """  # noqa: S608
    if sort is Sort.DATE and _is_open(question):
        return _dates_in_order(question)
    order = {
        Sort.RELEVANCE: _BEST,
        Sort.PRICE: f"search_offer.price_min, {_BEST}",
        Sort.DISTANCE: f"{DISTANCE}, search_offer.offer_id",
        Sort.DATE: "dates.first, search_offer.offer_id",
    }[sort]
    columns = f"search_offer.offer_id, {DISTANCE if criteria.around else 'NULL'} AS chord"
    return _taken(question, sort, columns, f"ORDER BY {order} LIMIT :reach", "LIMIT :limit OFFSET :offset")


def count_sql(question: Question) -> str:
    """The SQL that counts the matches by subcategory."""
    taken = _taken(question, Sort.RELEVANCE, "search_offer.subcategory_id", "", "LIMIT :counted")
    return f"SELECT subcategory_id, count(*) AS hits FROM ({taken}) AS matching GROUP BY subcategory_id"  # noqa: S608


def statement(sql: str, question: Question, *, sliced_by: Sort) -> sa.TextClause:
    """The SQL with those of its values that it names."""
    found = (
        slices(question.criteria, question.newest, question.now)
        if sliced_by is not Sort.RELEVANCE
        else by_rank(question.newest)
    )
    values = {
        **parameters(question, sliced_by=sliced_by),
        **_slice_parameters(found),
        "ranked": RANKED,
        "counted": counted(question.criteria) + 1,
    }
    text = sa.text(sql)
    return text.bindparams(**{name: values[name] for name in text.compile().params})


async def find_matches(session: AsyncSession, question: Question) -> list[Match]:
    """The offers of one page, in the order asked for. Sorting by date shows what has dates alone."""
    sort = question.criteria.sort
    sliced_by = Sort.RELEVANCE if sort is Sort.DATE and _is_open(question) else sort
    rows = await session.execute(statement(matches_sql(question), question, sliced_by=sliced_by))
    return [Match(row.offer_id, arc_of(row.chord) if row.chord is not None else None) for row in rows]


async def find_any(session: AsyncSession, criteria: Criteria, now: datetime) -> list[Match]:
    """`find_matches` without words."""
    newest = await session.scalar(sa.select(sa.func.max(SearchOffer.offer_id)))
    return await find_matches(session, Question(criteria, None, newest or 0, now))


async def count_by_subcategory(session: AsyncSession, question: Question) -> dict[str, int]:
    """How many offers match in each subcategory; in all, one more than `counted(criteria)` at most."""
    rows = await session.execute(statement(count_sql(question), question, sliced_by=Sort.RELEVANCE))
    return {row.subcategory_id: row.hits for row in rows}
