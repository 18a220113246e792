"""Searches the index: one statement says how many offers match and, unless there are many to be sorted otherwise than by
rank, which of them are shown; a second one finds those.

Both take the index in slices (`slices.py`), each by one look into the one index of words and tags, until there is enough.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from offers.search.asking import ask
from offers.search.conditions import DISTANCE, first_date, parameters, row_conditions
from offers.search.criteria import Criteria, Question, Sort
from offers.search.geometry import arc_of
from offers.search.slices import Slice, in_any_order, kinds_of, narrowing, slices, subcategories_in
from offers.search.spelling import PLANNED_ANEW

COUNTED = 2_000
"""Up to how many hits are counted exactly, and read to be sorted: twice as far as anybody can page. Of more, as many of the
best by rank are weighed word by word."""
FEW = 3_000
"""Where no more than so many offers are likely to have the words, all that have them are looked at, without slices."""
SOME = 30_000
"""Up to so many, tags are asked together with the words, without slices."""
MANY = 50_000
"""Where more have the words, one thing asked for besides is likely to leave as many as are counted."""
WEIGHTS = "{0.05, 0.15, 0.4, 1}"
"""What a word counts in the description, the place, the kind, the name."""

_BEST = "search_offer.rank DESC, search_offer.offer_id DESC"


@dataclass(frozen=True, slots=True)
class Match:
    """An offer found; `distance` in metres from the point asked about, None without one or for what is online."""

    offer_id: int
    distance: float | None


@dataclass(frozen=True, slots=True)
class Found:
    """How many offers match, by subcategory (in all `COUNTED + 1` where there are more), and the page asked for."""

    by_subcategory: dict[str, int]
    page: list[Match]

    @property
    def total(self) -> int:
        return sum(self.by_subcategory.values())


def _slices(bound: str) -> str:
    """The slices as rows. `WITH ORDINALITY` tells the planner that they come in order, so that none is read too early."""
    arrays = ("text[]", "text[]", "text[]", f"{bound}[]", f"{bound}[]")
    names = ("slice_tags", "slice_also", "slice_subcategories", "slice_low", "slice_high")
    functions = ", ".join(f"unnest(CAST(:{name} AS {kind}))" for name, kind in zip(names, arrays, strict=True))
    return f"ROWS FROM ({functions}) WITH ORDINALITY AS slice (tags, also, subcategories, low, high, place)"


def _array(values: Sequence[int]) -> str:
    return f"{{{','.join(map(str, values))}}}"


def _source(question: Question) -> str:
    """Where rows are taken from: with the first of its dates that fits, when they are sorted by dates."""
    if question.criteria.sort is not Sort.DATE:
        return "search_offer"
    # `OFFSET 0` keeps the planner from asking once for each place that names it.
    return f"search_offer CROSS JOIN LATERAL (SELECT {first_date(question.criteria)} AS first OFFSET 0) AS dates"


def _order(question: Question, first: str = "dates.first") -> str:
    """`first` names the first of an offer's dates."""
    match question.criteria.sort:
        case Sort.PRICE:
            return f"search_offer.price_min, {_BEST}"
        case Sort.DISTANCE:
            return f"{DISTANCE}, search_offer.offer_id"
        case Sort.DATE:
            return f"{first}, search_offer.offer_id"
    return _BEST


def _weighed(question: Question, first: str = "dates.first") -> str:
    """The order of a page: what is asked for, and by relevance what its words weigh first."""
    if question.criteria.sort is not Sort.RELEVANCE or question.query is None:
        return _order(question, first)
    return f"ts_rank('{WEIGHTS}', search_offer.words, CAST(:query AS tsquery), 1) DESC, {_BEST}"


def _sliced(question: Question, sort: Sort | None, source: str, columns: str, order: str, limit: str) -> str:
    """Rows of slice after slice, within a slice sorted by `order`; a LIMIT or OFFSET of its own keeps a slice to itself.

    `sort` says what the slices follow, unless it is the rank or nothing.
    """
    here = ["search_offer.tags && CAST(slice.tags AS int[])"]
    if question.criteria.subcategories is not None:
        here.append("search_offer.tags && CAST(slice.subcategories AS int[])")
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
            here.append("search_offer.date_min < slice.high AND dates.first >= slice.low AND dates.first < slice.high")
    conditions = " AND ".join([*here, row_conditions(question, sliced_by=sort or Sort.RELEVANCE)])
    return f"""
        SELECT taken.* FROM {_slices("timestamptz" if sort is Sort.DATE else "float")} CROSS JOIN LATERAL (
            SELECT {columns} FROM {source} WHERE {conditions} {order}
        ) AS taken ORDER BY slice.place {limit}
    """  # noqa: S608


def _slice_parameters(found: Sequence[Slice], criteria: Criteria) -> dict[str, list[object]]:
    return {
        "slice_tags": [_array(one.any_of) for one in found],
        "slice_also": [_array(one.also or one.any_of) for one in found],
        "slice_subcategories": [_array(subcategories_in(one.kind, criteria)) for one in found],
        "slice_low": [one.low for one in found],
        "slice_high": [one.high for one in found],
    }


def _chord(criteria: Criteria) -> str:
    return f"{DISTANCE if criteria.around else 'NULL'} AS chord"


def _is_ranked(question: Question) -> bool:
    """Whether matches are counted from the best by rank on, and so need not be looked for again to be weighed.

    Not where there may be few of them, since slices by rank are many; nor for facets, which are to be those of all kinds.
    """
    criteria = question.criteria
    if criteria.sort is not Sort.RELEVANCE or question.query is None or criteria.facets:
        return False
    match len(narrowing(question)) + (criteria.subcategories is not None):
        case 0:
            return True
        case 1:
            return question.expected > MANY
    return False


def _is_few(question: Question) -> bool:
    return question.query is not None and question.expected <= FEW


def _is_narrow(question: Question) -> bool:
    """Whether what is asked for besides words may leave few of not so many offers."""
    criteria = question.criteria
    return (
        question.query is not None
        and question.expected <= SOME
        and (criteria.subcategories is not None or bool(narrowing(question)))
    )


def _taken(question: Question, source: str, columns: str) -> str:
    """Rows that match, as many as are counted: the best by rank, or any."""
    is_ranked = _is_ranked(question)
    if not _is_few(question) and not _is_narrow(question):
        order = f"ORDER BY {_BEST} LIMIT :counted" if is_ranked else "OFFSET 0"
        return _sliced(question, None, source, columns, order, "LIMIT :counted")
    here = []
    if not _is_few(question) and question.criteria.subcategories is not None:
        here.append("search_offer.tags && CAST(:subcategory_tags AS int[])")
    here.append(row_conditions(question, sliced_by=None if _is_few(question) else Sort.RELEVANCE))
    order = f"ORDER BY {_BEST}" if is_ranked else ""
    return f"SELECT {columns} FROM {source} WHERE {' AND '.join(here)} {order} LIMIT :counted"  # noqa: S608


def look_sql(question: Question) -> str:
    """The SQL that counts the matches by subcategory (`counts`) up to one more than `COUNTED`, and shows a page of them
    (`ids`, `chords`), unless they are more and their order is not that in which they were counted.
    """
    criteria = question.criteria
    columns = ["search_offer.offer_id", "search_offer.subcategory_id", "search_offer.rank"]
    match criteria.sort:
        case Sort.PRICE:
            columns.append("search_offer.price_min")
        case Sort.DATE:
            columns.append("dates.first")
        case Sort.RELEVANCE if question.query is not None:
            columns.append("search_offer.words")
    if criteria.around:
        columns.append("search_offer.position")
    is_shown = "" if _is_ranked(question) else "WHERE (SELECT count(*) FROM taken) < :counted"
    return f"""
        WITH taken AS MATERIALIZED ({_taken(question, _source(question), ", ".join(columns))}),
        shown AS MATERIALIZED (
            SELECT search_offer.offer_id, {_chord(criteria)} FROM (SELECT * FROM taken LIMIT :ranked) AS search_offer
            {is_shown} ORDER BY {_weighed(question, first="search_offer.first")} LIMIT :limit OFFSET :offset
        )
        SELECT (
            SELECT json_object_agg(subcategory_id, hits)
            FROM (SELECT subcategory_id, count(*) AS hits FROM taken GROUP BY subcategory_id) AS counted
        ) AS counts, ARRAY(SELECT offer_id FROM shown) AS ids, ARRAY(SELECT chord FROM shown) AS chords
    """  # noqa: S608


def many_sql(question: Question) -> str:
    """The SQL of a page of matches however many there are: as many are sorted as are shown, nearly."""
    criteria = question.criteria
    sort = criteria.sort
    if sort is Sort.RELEVANCE and question.query is not None:
        # Weighing words costs: only the best of many matches are weighed.
        columns = "search_offer.offer_id, search_offer.rank, search_offer.words, search_offer.position"
        best = _sliced(question, sort, "search_offer", columns, f"ORDER BY {_BEST} LIMIT :ranked", "LIMIT :ranked")
        return f"""
            SELECT search_offer.offer_id, {_chord(criteria)} FROM ({best}) AS search_offer
            ORDER BY {_weighed(question)} LIMIT :limit OFFSET :offset
        """  # noqa: S608
    columns = f"search_offer.offer_id, {_chord(criteria)}"
    order, page = f"ORDER BY {_order(question)} LIMIT :reach", "LIMIT :limit OFFSET :offset"
    return _sliced(question, sort, _source(question), columns, order, page)


def look_asked(question: Question) -> tuple[str, dict[str, Any]]:
    """What looks for matches, and its values: for the application, and for whoever explains it."""
    criteria = question.criteria
    values = parameters(question, sliced_by=Sort.RELEVANCE)
    if _is_few(question) or _is_narrow(question):
        values["subcategory_tags"] = subcategories_in(None, criteria)
    else:
        found = slices(question) if _is_ranked(question) else in_any_order(question.newest, kinds_of(criteria))
        values |= _slice_parameters(found, criteria)
    return look_sql(question), {**values, "counted": COUNTED + 1, "ranked": COUNTED}


def many_asked(question: Question) -> tuple[str, dict[str, Any]]:
    """What finds a page of many matches, and its values: for the application, and for whoever explains it."""
    sort = question.criteria.sort
    values = parameters(question, sliced_by=sort) | _slice_parameters(slices(question), question.criteria)
    return many_sql(question), {**values, "ranked": COUNTED}


def _match(offer_id: int, chord: float | None) -> Match:
    return Match(offer_id, arc_of(chord) if chord is not None else None)


async def find(session: AsyncSession, question: Question) -> Found:
    """The offers of one page, in the order asked for, and how many there are. Sorting by date shows what has dates alone."""
    (row,) = await ask(session, *look_asked(question))
    found = Found(row.counts or {}, [_match(*one) for one in zip(row.ids, row.chords, strict=True)])
    if found.total <= COUNTED or _is_ranked(question) or not question.criteria.limit:
        return found
    return Found(found.by_subcategory, await find_many(session, question))


async def find_many(session: AsyncSession, question: Question) -> list[Match]:
    """The same page without counting."""
    return [_match(row.offer_id, row.chord) for row in await ask(session, *many_asked(question))]


# See `spelling` for what is set.
_NEWEST = f"SELECT max(offer_id) AS newest, {PLANNED_ANEW} FROM search_offer"  # noqa: S608


async def find_any(session: AsyncSession, criteria: Criteria, now: datetime) -> list[Match]:
    """A page of offers without words, and without counting."""
    (row,) = await ask(session, _NEWEST, {})
    return await find_many(session, Question(criteria, None, row.newest or 0, now))
