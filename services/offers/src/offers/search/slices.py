"""The index cut into slices, the best first: whoever takes slice after slice can stop as soon as there is enough.

A slice is a list of tags, any of which its offers carry. Slices of one list follow the order that is asked for, and within
a slice the rows are sorted; so only what is nearly shown is read, however much matches.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from math import inf, pi

from offers.categories.tables import SUBCATEGORIES
from offers.search import tags
from offers.search.criteria import Around, Criteria, Question, Sort
from offers.search.geometry import EARTH_RADIUS, chord_of

_FIRST_RING = 500.0
_LAST_RING = 2_000_000.0


@dataclass(frozen=True, slots=True)
class Slice:
    """Offers that carry one of `any_of` and, where given, one of `also`; what is sorted by lies in [`low`, `high`).

    The bounds are metres in a straight line, or instants. `kind` says which kind of offers without an editors' weight the
    slice holds, None for any.
    """

    any_of: tuple[int, ...]
    also: tuple[int, ...] = ()
    low: float | datetime | None = None
    high: float | datetime | None = None
    kind: tags.Kind | None = None


# The index looks at each tag for each offer that has the words: there, it is not worth it for what most of them have.
_FEW_PRICES, _FEW_PRICES_WITH_WORDS = 7, 2

_LAST = Slice((tags.UNTAGGED,))


def blocks(newest: int) -> Iterator[list[tuple[int, int]]]:
    """The (level, number) of blocks that hold the ids from `newest` down to 0, each id in one: small blocks, then larger.

    One list a level: 1 to 4 blocks of it, but for the last, which has what is left.
    """
    top = min(newest, tags.MAX_ID) >> tags.shift(0)
    for level in range(tags.LEVELS):
        if top < 0:
            return
        lowest = 0 if level == tags.LEVELS - 1 else top & -(1 << tags.LEVEL_BITS)
        yield [(level, number) for number in range(top, lowest - 1, -1)]
        top = (lowest >> tags.LEVEL_BITS) - 1


def _groups(newest: int) -> Iterator[list[tuple[int, int]]]:
    """The blocks that a slice takes: the smallest of two levels at once, then one by one.

    The last slice taken is read whole, however little of it is needed: it is not to be much larger than all before it.
    """
    levels = list(blocks(newest))
    yield [one for level in levels[:2] for one in level]
    for level in levels[2:]:
        yield from ([one] for one in level)


def by_rank(newest: int, kinds: Sequence[tags.Kind] = tags.NEUTRAL) -> list[Slice]:
    """Editors' choices, then the newest events with an image, …: exactly the order of rank and id, both descending."""
    neutral = [
        Slice(tuple(tags.block(kind, level, number) for level, number in found), kind=kind)
        for kind in kinds
        for found in _groups(newest)
    ]
    buckets = range(tags.WEIGHT_BUCKETS, 0, -1)
    lifted = [Slice((tags.weight(bucket),)) for bucket in buckets]
    lowered = [Slice((tags.weight(-bucket),)) for bucket in reversed(buckets)]
    return [*lifted, *neutral, *lowered, _LAST]


def in_any_order(newest: int, kinds: Sequence[Sequence[tags.Kind]] = (tags.NEUTRAL,)) -> list[Slice]:
    """Everything in as few slices as still grow from small to large: to count, when it does not matter what comes first.

    `kinds` go into slices of their own, events never together with things unless it does not matter.
    """
    found = [
        Slice(
            tuple(tags.block(kind, level, number) for kind in some for level, number in found),
            kind=some[0] if len(some) < len(tags.NEUTRAL) else None,
        )
        for found in blocks(newest)
        for some in kinds
    ]
    weights = (tags.weight(sign * bucket) for bucket in range(1, tags.WEIGHT_BUCKETS + 1) for sign in (1, -1))
    return [*found, Slice((*weights, tags.UNTAGGED))]


def by_price(newest: int, max_price: int | None, kinds: Sequence[tags.Kind] = tags.NEUTRAL) -> list[Slice]:
    """What is free, the best first; then the cheapest, a span of prices a slice."""
    free = tags.tag(tags.Kind.PRICE_MIN, 0)
    last = len(tags.PRICES) if max_price is None else tags.price_bucket(max_price)
    dearer = [Slice((tags.tag(tags.Kind.PRICE_MIN, bucket),)) for bucket in range(1, last + 1)]
    best = [Slice(found.any_of, also=(free,), kind=found.kind) for found in by_rank(newest, kinds)[:-1]]
    return [*best, *dearer, _LAST]


def by_distance(around: Around) -> list[Slice]:
    """Rings around the point, each twice as wide as the one before; then what is nowhere."""
    found: list[Slice] = []
    low, radius = -1.0, _FIRST_RING
    limit = around.radius if around.radius is not None else EARTH_RADIUS * pi
    while low < chord_of(limit):
        if radius > _LAST_RING:
            radius = EARTH_RADIUS * pi
        cells = tags.around(around.latitude, around.longitude, min(radius, limit))
        high = chord_of(min(radius, limit)) if around.radius is not None or radius < limit else inf
        found.append(Slice((*cells, tags.UNTAGGED), low=low, high=high))
        low, radius = high, radius * 2
    if around.radius is None:
        found.append(Slice((tags.NOWHERE, tags.UNTAGGED)))
    return found


def by_date(first: datetime, last: datetime | None) -> list[Slice]:
    """A few hours, then longer and longer spans; an offer is in the slice of its first date alone."""
    until = tags.span_of(last) if last is not None else tags.LAST_SPAN
    found = []
    for level, number in tags.spans(tags.span_of(first), until):
        begins = number << tags.SPAN_BITS * level
        ends = begins + (1 << tags.SPAN_BITS * level)
        high = tags.start_of(ends) if ends <= tags.LAST_SPAN else datetime.max.replace(tzinfo=first.tzinfo)
        found.append(Slice((tags.span(level, number), tags.UNTAGGED), low=tags.start_of(begins), high=high))
    return found


def subcategories_in(kind: tags.Kind | None, criteria: Criteria) -> list[int]:
    """The tags of the subcategories asked for that offers of that kind may have (None: any); none where any will do."""
    if criteria.subcategories is None:
        return []
    names = sorted(criteria.subcategories)
    if kind is not None:
        names = [name for name in names if SUBCATEGORIES[name].is_event is (kind in tags.EVENTS)]
    return [*(tags.subcategory(name) for name in names), tags.UNTAGGED]


def slices(question: Question) -> list[Slice]:
    """The slices of the index in the order that is asked for."""
    criteria = question.criteria
    match criteria.sort:
        case Sort.PRICE:
            return by_price(question.newest, criteria.max_price, list(chain(*kinds_of(criteria))))
        case Sort.DISTANCE if criteria.around:
            return by_distance(criteria.around)
        case Sort.DATE:
            return by_date(max(question.now, criteria.beginning_from or question.now), criteria.beginning_to)
    return by_rank(question.newest, list(chain(*kinds_of(criteria))))


def kinds_of(criteria: Criteria) -> list[tuple[tags.Kind, ...]]:
    """The kinds of offers without an editors' weight that can fit, those together that may be in one slice.

    Who asks for books need not look through events, nor for events through books.
    """
    if criteria.subcategories is None:
        return [tags.EVENTS if criteria.asks_dates else tags.NEUTRAL]
    are_events = {SUBCATEGORIES[name].is_event for name in criteria.subcategories}
    return [
        kinds
        for kinds, is_event in ((tags.EVENTS, True), (tags.THINGS, False))
        if is_event in are_events and (is_event or not criteria.asks_dates)
    ]


def narrowing(question: Question, *, sliced_by: Sort = Sort.RELEVANCE) -> list[list[int]]:
    """The tags that the criteria ask for besides subcategories: of each list one, at least. What slices of that sort ask
    already is left out.
    """
    criteria = question.criteria
    found = []
    if criteria.around and criteria.around.radius is not None and sliced_by is not Sort.DISTANCE:
        cover = tags.around if question.query else tags.closely_around
        found.append(cover(criteria.around.latitude, criteria.around.longitude, criteria.around.radius))
    most = _FEW_PRICES_WITH_WORDS if question.query else _FEW_PRICES
    if criteria.max_price is not None and sliced_by is not Sort.PRICE:
        found += _few(tags.cheapest_up_to(criteria.max_price), most)
    if criteria.min_price:
        found += _few(tags.dearest_from(criteria.min_price), most)
    if criteria.asks_dates and sliced_by is not Sort.DATE:
        first = tags.span_of(max(question.now, criteria.beginning_from or question.now))
        last = tags.span_of(criteria.beginning_to) if criteria.beginning_to is not None else tags.LAST_SPAN
        found.append([tags.span(level, number) for level, number in tags.spans(first, last)])
    if criteria.is_duo:
        found.append([tags.DUO])
    if criteria.is_digital:
        found.append([tags.DIGITAL])
    if criteria.venue_id is not None:
        found.append([tags.venue(criteria.venue_id)])
    return [[*group, tags.UNTAGGED] for group in found]


def _few(prices: list[int], most: int) -> list[list[int]]:
    # Many spans of prices hold most offers: to look at the column costs less then.
    return [prices] if len(prices) <= most else []
