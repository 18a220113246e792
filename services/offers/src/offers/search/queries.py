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
from offers.search.slices import Slice, in_any_order, slices
from offers.search.spelling import PLANNED_ANEW

COUNTED = 2_000
"""Up to how many hits are counted exactly: twice as far as anybody can page."""
COUNTED_FOR_FACETS = 5_000
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


def _source(question: Question) -> str:
    """Where rows are taken from: with the first of its dates that fits, when they are sorted by dates."""
    if question.criteria.sort is not Sort.DATE:
        return "search_offer"
    return f"""search_offer CROSS JOIN LATERAL (
        SELECT min(stock.beginning_datetime) AS first FROM stock WHERE stock.offer_id = search_offer.offer_id
        AND stock.beginning_datetime > :now AND {stock_conditions(question.criteria)}
    ) AS dates"""  # noqa: S608


def _order(question: Question) -> str:
    match question.criteria.sort:
        case Sort.PRICE:
            return f"search_offer.price_min, {_BEST}"
        case Sort.DISTANCE:
            return f"{DISTANCE}, search_offer.offer_id"
        case Sort.DATE:
            return "dates.first, search_offer.offer_id"
    return _BEST


_WEIGHED = f"ts_rank('{WEIGHTS}', search_offer.words, CAST(:query AS tsquery), 1) DESC, {_BEST}"


def _sliced(sort: Sort | None, source: str, columns: str, conditions: str, order: str, limit: str) -> str:
    """Rows of slice after slice, within a slice sorted by `order`; a LIMIT or OFFSET of its own keeps a slice to itself.

    `sort` says what the slices follow.
    """
    here = ["search_offer.tags && CAST(slice.tags AS int[])"]
    match sort:
        case Sort.PRICE:
            here.append("search_offer.tags && CAST(slice.also AS int[])")
        case Sort.DISTANCE:
            here.append(
                "CASE WHEN slice.high IS NULL THEN search_offer.position IS NULL "
                f"ELSE {DISTANCE} > slice.low AND {DISTANCE} <= slice.high END"
            )
        case Sort.DATE:
            # An offer is shown at the first of its dates that fits.
            here.append("dates.first >= slice.low AND dates.first < slice.high")
    return f"""
        SELECT taken.* FROM {_slices("timestamptz" if sort is Sort.DATE else "float")} CROSS JOIN LATERAL (
            SELECT {columns} FROM {source} WHERE {" AND ".join([*here, conditions])} {order}
        ) AS taken ORDER BY slice.place {limit}
    """  # noqa: S608


def _slice_parameters(found: Sequence[Slice]) -> dict[str, list[object]]:
    return {
        "slice_tags": [_array(one.any_of) for one in found],
        "slice_also": [_array(one.also or one.any_of) for one in found],
        "slice_low": [one.low for one in found],
        "slice_high": [one.high for one in found],
    }


def _chord(criteria: Criteria) -> str:
    return f"{DISTANCE if criteria.around else 'NULL'} AS chord"


def few_sql(question: Question) -> str:
    """The SQL of a page of matches when there are few of them: all are sorted."""
    sort = question.criteria.sort
    order = _WEIGHED if sort is Sort.RELEVANCE and question.query is not None else _order(question)
    extra = " AND dates.first IS NOT NULL" if sort is Sort.DATE else ""
    return f"""
        SELECT search_offer.offer_id, {_chord(question.criteria)} FROM {_source(question)}
        WHERE {row_conditions(question, with_stock=sort is not Sort.DATE)}{extra}
        ORDER BY {order} LIMIT :limit OFFSET :offset
    """  # noqa: S608


def many_sql(question: Question) -> str:
    """The SQL of a page of matches however many there are: as many are sorted as are shown, nearly."""
    criteria = question.criteria
    sort = criteria.sort
    conditions = row_conditions(question, with_stock=sort is not Sort.DATE, sliced_by=sort)
    if sort is Sort.RELEVANCE and question.query is not None:
        # Weighing words costs: only the best of many matches are weighed.
        columns = "search_offer.offer_id, search_offer.rank, search_offer.words, search_offer.position"
        best = _sliced(sort, "search_offer", columns, conditions, f"ORDER BY {_BEST} LIMIT :ranked", "LIMIT :ranked")
        return f"""
            SELECT search_offer.offer_id, {_chord(criteria)} FROM ({best}) AS search_offer
            ORDER BY {_WEIGHED} LIMIT :limit OFFSET :offset
        """  # noqa: S608
    columns = f"search_offer.offer_id, {_chord(criteria)}"
    order, page = f"ORDER BY {_order(question)} LIMIT :reach", "LIMIT :limit OFFSET :offset"
    return _sliced(sort, _source(question), columns, conditions, order, page)


def count_sql(question: Question) -> str:
    """The SQL that counts the matches by subcategory."""
    columns = "search_offer.subcategory_id"
    taken = _sliced(None, "search_offer", columns, row_conditions(question), "OFFSET 0", "LIMIT :counted")
    return f"SELECT subcategory_id, count(*) AS hits FROM ({taken}) AS matching GROUP BY subcategory_id"  # noqa: S608


def statement(
    sql: str, question: Question, found: Sequence[Slice] = (), *, sliced_by: Sort = Sort.RELEVANCE
) -> sa.TextClause:
    """The SQL with those of its values that it names. `found` are the slices, which follow `sliced_by`."""
    values = {
        **parameters(question, sliced_by=sliced_by),
        **_slice_parameters(found),
        "ranked": RANKED,
        "counted": counted(question.criteria) + 1,
    }
    text = sa.text(sql)
    return text.bindparams(**{name: values[name] for name in text.compile().params})


def matches_statement(question: Question, total: int | None) -> sa.TextClause:
    """What finds a page of matches: for the application, and for whoever explains it."""
    if total is not None and total <= RANKED:
        return statement(few_sql(question), question)
    sort = question.criteria.sort
    return statement(many_sql(question), question, slices(question), sliced_by=sort)


def count_statement(question: Question) -> sa.TextClause:
    """What counts the matches by subcategory: for the application, and for whoever explains it."""
    return statement(count_sql(question), question, in_any_order(question.newest))


async def find_matches(session: AsyncSession, question: Question, total: int | None = None) -> list[Match]:
    """The offers of one page, in the order asked for. Sorting by date shows what has dates alone.

    `total` is how many there are, where it is known.
    """
    rows = await session.execute(matches_statement(question, total))
    return [Match(row.offer_id, arc_of(row.chord) if row.chord is not None else None) for row in rows]


# See `spelling` for what is set.
_NEWEST = sa.text(f"SELECT max(offer_id), {PLANNED_ANEW} FROM search_offer")  # noqa: S608


async def find_any(session: AsyncSession, criteria: Criteria, now: datetime) -> list[Match]:
    """`find_matches` without words."""
    newest = (await session.execute(_NEWEST)).scalar()
    return await find_matches(session, Question(criteria, None, newest or 0, now))


async def count_by_subcategory(session: AsyncSession, question: Question) -> dict[str, int]:
    """How many offers match in each subcategory; in all, one more than `counted(criteria)` at most."""
    rows = await session.execute(count_statement(question))
    return {row.subcategory_id: row.hits for row in rows}
