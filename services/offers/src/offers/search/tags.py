"""Small numbers that an offer carries in the index, so that one index finds words, places, dates and prices together.

A tag is a coarse fact: "near here", "some day of this week", "among the newest". Tags select, columns decide: a tag may hold
of too many offers, never of too few. So numbers that do not fit into a tag are folded into it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from functools import cache
from math import ceil, cos, floor, radians
from zlib import crc32

_PAYLOAD_BITS = 28
_PAYLOAD = (1 << _PAYLOAD_BITS) - 1


class Kind(IntEnum):
    """What a tag speaks of. The first five are those of `ranks`."""

    WEIGHTED = 0
    EVENT_WITH_IMAGE = 1
    EVENT = 2
    THING_WITH_IMAGE = 3
    THING = 4
    PLACE = 5
    DATE = 6
    PRICE_MIN = 7
    PRICE_MAX = 8
    SUBCATEGORY = 9
    VENUE = 10
    TRAIT = 11
    UNTAGGED = 15


def tag(kind: Kind, payload: int) -> int:
    """The tag as a signed integer of 32 bits."""
    return (kind << _PAYLOAD_BITS | payload & _PAYLOAD) - (1 << 31)


UNTAGGED = tag(Kind.UNTAGGED, 0)
"""The only tag of a row that was written before there were tags: it fits every question."""

DUO, DIGITAL, SOMEWHERE, NOWHERE = (tag(Kind.TRAIT, number) for number in range(4))

# Ranks. Offers without an editors' weight are told apart by what they are, and by blocks of ids, each four times as large as
# those of the level below: the newest of them are few, and the older ones are many.
NEUTRAL = (Kind.EVENT_WITH_IMAGE, Kind.EVENT, Kind.THING_WITH_IMAGE, Kind.THING)
EVENTS, THINGS = NEUTRAL[:2], NEUTRAL[2:]
BLOCK_BITS = 10
LEVEL_BITS = 2
LEVELS = 10
_BLOCKS = 24
MAX_ID = (1 << _BLOCKS + BLOCK_BITS) - 1
"""17 thousand million. An offer beyond has no tags: it is found like any other, after all of them."""
# Weights that editors give: powers of 16, with their sign.
WEIGHT_BITS = 4
WEIGHT_BUCKETS = 5
_WEIGHT_ZERO = 8


def block(kind: Kind, level: int, number: int) -> int:
    """Offers of that kind with ids from `number << shift` on, `shift` being that of the level."""
    return tag(kind, level << _BLOCKS | number & (1 << _BLOCKS) - 1)


def shift(level: int) -> int:
    """How many bits of an id the blocks of a level leave out."""
    return BLOCK_BITS + LEVEL_BITS * level


def weight(bucket: int) -> int:
    """Offers whose weight is that large: 1 to 5 for those lifted, -1 to -5 for those lowered."""
    return tag(Kind.WEIGHTED, bucket + _WEIGHT_ZERO)


def weight_bucket(value: int) -> int:
    """The bucket of a weight: in the order of weights."""
    size = min(-(-abs(value).bit_length() // WEIGHT_BITS), WEIGHT_BUCKETS)
    return size if value > 0 else -size


def rank_tags(offer_id: int, rank: int) -> list[int]:
    """Where an offer stands when the best come first. `rank` is that of `rules.rank`."""
    value, kind = rank >> 2, NEUTRAL[3 - (rank & 3)]
    if value:
        return [weight(weight_bucket(value))]
    return [block(kind, level, offer_id >> shift(level)) for level in range(LEVELS)]


# Places: squares of degrees, each sixteen times as large as those of the level below.
_SQUARES = tuple(0.0125 * 4**level for level in range(6))
_MAX_SQUARES = 36
_MAX_CUT_SQUARES = 64
_MAX_CUT = 400_000.0
_METRES_PER_DEGREE = 111_194.9


def _square(level: int, x: int, y: int) -> int:
    return tag(Kind.PLACE, level << 25 | (x * 15_485_863 + y * 32_452_843) & (1 << 25) - 1)


def _columns(level: int) -> int:
    return ceil(360 / _SQUARES[level])


def place_tags(latitude: float, longitude: float) -> list[int]:
    """The squares that a point of the globe is in, in degrees."""
    return [
        SOMEWHERE,
        *(
            _square(level, floor((longitude + 180) / size) % _columns(level), floor((latitude + 90) / size))
            for level, size in enumerate(_SQUARES)
        ),
    ]


@dataclass(frozen=True, slots=True)
class _Squares:
    """Squares of one level that cover a circle: columns and rows, counted on past the date line (`wraps`)."""

    level: int
    columns: range
    rows: range
    wraps: bool

    def tag(self, level: int, x: int, y: int) -> int:
        return _square(level, x % _columns(level), y)

    @property
    def tags(self) -> list[int]:
        return [self.tag(self.level, x, y) for x in self.columns for y in self.rows]


def _covering(latitude: float, longitude: float, radius: float) -> _Squares | None:
    """The smallest squares that cover the box around a circle without being too many; None near the poles, and for a
    circle that is too large.
    """
    high = radius / _METRES_PER_DEGREE * 1.001 + 1e-6
    pole = min(abs(latitude) + high, 90.0)
    if pole > 85:
        return None
    wide = high / cos(radians(pole))
    beyond, behind = longitude - wide < -180, longitude + wide > 180
    for level, size in enumerate(_SQUARES):
        # Degrees are not a whole number of squares: the last one before the date line is narrower.
        left, right = floor((longitude - wide + 180) / size) - beyond, floor((longitude + wide + 180) / size) + behind
        low, up = floor((latitude - high + 90) / size), floor((latitude + high + 90) / size)
        if (right - left + 1) * (up - low + 1) <= _MAX_SQUARES and right - left < _columns(level):
            return _Squares(level, range(left, right + 1), range(low, up + 1), beyond or behind)
    return None


def around(latitude: float, longitude: float, radius: float) -> list[int]:
    """The squares that cover a circle (`radius` in metres); where they would be too many, all that is somewhere."""
    found = _covering(latitude, longitude, radius)
    return found.tags if found is not None else [SOMEWHERE]


def closely_around(latitude: float, longitude: float, radius: float) -> list[int]:
    """`around` with less of what is outside: squares at the edge of the circle are cut into smaller ones, up to a number."""
    found = _covering(latitude, longitude, radius)
    if found is None:
        return [SOMEWHERE]
    if found.wraps or radius > _MAX_CUT:
        return found.tags
    # Degrees of latitude, as on a plane, those of longitude as short as they are where the circle is nearest to a pole:
    # never too far, and over such distances hardly too near.
    reach = (radius / _METRES_PER_DEGREE * 1.004 + 1e-6) ** 2
    narrow = cos(radians(min(abs(latitude) + radius / _METRES_PER_DEGREE * 1.001, 90.0)))

    def touching(level: int, columns: Iterable[int], rows: Iterable[int]) -> list[tuple[int, int]]:
        size = _SQUARES[level]
        wide = [
            (x, (max(x * size - 180 - longitude, longitude + 180 - (x + 1) * size, 0.0) * narrow) ** 2) for x in columns
        ]
        high = [(y, max(y * size - 90 - latitude, latitude + 90 - (y + 1) * size, 0.0) ** 2) for y in rows]
        return [(x, y) for x, from_x in wide for y, from_y in high if from_x + from_y <= reach]

    whole = touching(found.level, found.columns, found.rows)
    if found.level == 0:
        return [found.tag(0, x, y) for x, y in whole]
    cut = [
        (touching(found.level - 1, range(x << 2, (x + 1) << 2), range(y << 2, (y + 1) << 2)), x, y) for x, y in whole
    ]
    # First those of which most falls away.
    cut.sort(key=lambda one: len(one[0]))
    tags, left = [], _MAX_CUT_SQUARES - len(whole)
    for parts, x, y in cut:
        if len(parts) < 16 and len(parts) <= left + 1:
            left -= len(parts) - 1
            tags += [found.tag(found.level - 1, *part) for part in parts]
        else:
            tags.append(found.tag(found.level, x, y))
    return tags


# Dates: spans of 3 hours, and of 1, 8, 64, 512 and 4 096 days (UTC).
SPAN_BITS = 3
SPAN_LEVELS = 6
_SPANS = 18
LAST_SPAN = (1 << _SPANS) - 1
_SECONDS_PER_SPAN = 10_800


def span_of(moment: datetime) -> int:
    """The shortest span that holds an instant: its number since 1970, bounded by what a tag holds."""
    return max(0, min(floor(moment.astimezone(UTC).timestamp()) // _SECONDS_PER_SPAN, LAST_SPAN))


def start_of(number: int) -> datetime:
    """When one of the shortest spans begins."""
    return datetime.fromtimestamp(number * _SECONDS_PER_SPAN, UTC)


def span(level: int, number: int) -> int:
    """The time from the beginning of the shortest span `number << 3 * level` on."""
    return tag(Kind.DATE, level << _SPANS | number)


def date_tags(dates: Iterable[datetime]) -> set[int]:
    """The spans, short and long, of dates."""
    numbers = {span_of(moment) for moment in dates}
    return {span(level, number >> SPAN_BITS * level) for level in range(SPAN_LEVELS) for number in numbers}


def spans(first: int, last: int) -> list[tuple[int, int]]:
    """The (level, number) of as few spans as hold the shortest ones from `first` to `last` and no other, in order."""
    found = []
    while first <= last:
        level = 0
        while level + 1 < SPAN_LEVELS:
            size = 1 << SPAN_BITS * (level + 1)
            if first % size or first + size - 1 > last:
                break
            level += 1
        found.append((level, first >> SPAN_BITS * level))
        first += 1 << SPAN_BITS * level
    return found


# Prices: in cents, up to and including each bound, and more than the last.
PRICES = (0, 100, 200, 300, 400, 500, 600, 700, 800, 900, 1_000, 1_200, 1_500, 2_000, 2_500, 3_000, 4_000, 5_000, 7_500)
PRICES += (10_000, 15_000, 20_000, 30_000)


def price_bucket(cents: int) -> int:
    """Which of the spans of `PRICES` holds a price."""
    return bisect_left(PRICES, cents)


def price_tags(price_min: int, price_max: int) -> list[int]:
    return [tag(Kind.PRICE_MIN, price_bucket(price_min)), tag(Kind.PRICE_MAX, price_bucket(price_max))]


def cheapest_up_to(cents: int) -> list[int]:
    """Offers of which something may cost that much or less."""
    return [tag(Kind.PRICE_MIN, bucket) for bucket in range(price_bucket(cents) + 1)]


def dearest_from(cents: int) -> list[int]:
    """Offers of which something may cost that much or more."""
    return [tag(Kind.PRICE_MAX, bucket) for bucket in range(price_bucket(cents), len(PRICES) + 1)]


@cache
def subcategory(name: str) -> int:
    return tag(Kind.SUBCATEGORY, crc32(name.encode()))


def venue(venue_id: int) -> int:
    return tag(Kind.VENUE, venue_id)


def tags_of(
    *,
    offer_id: int,
    rank: int,
    coordinates: tuple[float, float] | None,
    dates: Sequence[datetime],
    prices: tuple[int, int],
    subcategory_id: str,
    venue_id: int,
    is_duo: bool,
    is_digital: bool,
) -> list[int]:
    """Every tag of an offer. Degrees, cents; `dates` are those that are left, `prices` the lowest and the highest."""
    if offer_id > MAX_ID:
        return [UNTAGGED]
    found = {
        *rank_tags(offer_id, rank),
        *(place_tags(*coordinates) if coordinates else (NOWHERE,)),
        *date_tags(dates),
        *price_tags(*prices),
        subcategory(subcategory_id),
        venue(venue_id),
    }
    if is_duo:
        found.add(DUO)
    if is_digital:
        found.add(DIGITAL)
    return sorted(found)
