"""Tags hold of too many offers, never of too few; slices come in order and hold everything once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import cos, radians, sin
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from offers.categories.tables import SUBCATEGORIES
from offers.search import tags
from offers.search.criteria import Around, Criteria, Question, Sort
from offers.search.geometry import EARTH_RADIUS, chord_of, distance
from offers.search.rules import rank
from offers.search.slices import (
    Slice,
    blocks,
    by_date,
    by_distance,
    by_price,
    by_rank,
    in_any_order,
    kinds_of,
    narrowing,
    subcategories_in,
)

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
ids = st.integers(1, 5_000) | st.integers(1, tags.MAX_ID)
weights = st.none() | st.integers(-2_000_000, 2_000_000) | st.integers(-20, 20)
points = st.tuples(st.floats(-90, 90), st.floats(-180, 180))
moments = st.integers(1, 253_402_214_400).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)) | st.integers(
    0, 400
).map(lambda days: NOW + timedelta(days=days))


def places(found: list[Slice], held: list[int]) -> list[int]:
    """Which slices hold an offer with these tags."""
    return [
        place
        for place, one in enumerate(found)
        if set(one.any_of) & set(held) and (not one.also or set(one.also) & set(held))
    ]


@settings(max_examples=150)
@given(ids, ids)
def test_blocks_hold_each_id_once(newest: int, other: int) -> None:
    wanted = min(newest, other)
    holding = [
        (level, number) for found in blocks(newest) for level, number in found if wanted >> tags.shift(level) == number
    ]
    assert len(holding) == 1
    sizes = [tags.shift(level) for found in blocks(newest) for level, _ in found[:1]]
    assert sizes == sorted(sizes)


offers = st.tuples(ids, weights, st.booleans(), st.booleans())


@settings(max_examples=200)
@given(offers, offers)
def test_slices_by_rank_are_in_the_order_of_rank_and_id(
    one: tuple[int, int | None, bool, bool], other: tuple[int, int | None, bool, bool]
) -> None:
    newest = max(one[0], other[0])
    stand = []
    for offer_id, weight, is_event, has_image in (one, other):
        standing = rank(ranking_weight=weight, is_event=is_event, has_image=has_image)
        (place,) = places(by_rank(newest), tags.rank_tags(offer_id, standing))
        stand.append(((-standing, -offer_id), place))
    (best, first), (worst, last) = sorted(stand)
    assert best == worst or first <= last


@settings(max_examples=200)
@given(offers, ids)
def test_each_offer_is_counted_once(one: tuple[int, int | None, bool, bool], newest: int) -> None:
    offer_id, weight, is_event, has_image = one
    held = tags.rank_tags(offer_id, rank(ranking_weight=weight, is_event=is_event, has_image=has_image))
    assert len(places(in_any_order(max(newest, offer_id)), held)) == 1


@settings(max_examples=200)
@given(st.integers(0, 50_000), st.integers(0, 50_000), ids)
def test_slices_by_price_are_in_the_order_of_prices(one: int, other: int, newest: int) -> None:
    found = by_price(newest, None)
    held = [[*tags.price_tags(cents, cents), *tags.rank_tags(newest, 3)] for cents in sorted((one, other))]
    (first,), (last,) = (places(found, each) for each in held)
    assert first <= last
    asked = min(one, other)
    assert set(tags.cheapest_up_to(asked)) & set(tags.price_tags(asked, asked))
    assert set(tags.dearest_from(asked)) & set(tags.price_tags(0, max(one, other)))


@settings(max_examples=300)
@given(points, points, st.floats(1, 20_000_000))
@example((0.0, 179.9), (0.0, -179.9), 50_000.0)
@example((10.0, -179.9), (10.0, 167.5), 1_400_000.0)
@example((48.8566, 2.3522), (48.8600, 2.3400), 1_500.0)
@example((89.0, 10.0), (89.0, -170.0), 300_000.0)
def test_a_circle_is_covered_by_its_squares(
    center: tuple[float, float], other: tuple[float, float], radius: float
) -> None:
    if distance(*center, *other) <= radius:
        assert set(tags.around(*center, radius)) & set(tags.place_tags(*other))
        assert set(tags.closely_around(*center, radius)) & set(tags.place_tags(*other))
    assert len(tags.around(*center, radius)) <= 36
    assert len(tags.closely_around(*center, radius)) <= 64


@settings(max_examples=300)
@given(points, st.floats(0, 360), st.floats(0, 1), st.floats(10, 400_000))
def test_what_is_within_a_circle_is_in_its_cut_squares(
    center: tuple[float, float], course: float, part: float, radius: float
) -> None:
    latitude = center[0] + part * radius / 111_194.9 * cos(radians(course))
    if abs(latitude) > 90:
        return
    longitude = center[1] + part * radius / 111_194.9 * sin(radians(course)) / max(cos(radians(latitude)), 0.01)
    other = (latitude, (longitude + 180) % 360 - 180)
    if distance(*center, *other) <= radius:
        assert set(tags.closely_around(*center, radius)) & set(tags.place_tags(*other))


@settings(max_examples=150)
@given(points, points, st.none() | st.floats(1, 20_000_000))
def test_each_place_is_in_the_ring_of_its_distance(
    center: tuple[float, float], other: tuple[float, float], radius: float | None
) -> None:
    found = by_distance(Around(*center, radius))
    rings = [one for one in found if one.high is not None]
    assert all(before.high == after.low for before, after in pairwise(rings))
    chord = chord_of(distance(*center, *other))
    if radius is None or distance(*center, *other) < radius:
        (ring,) = (one for one in rings if one.low < chord <= one.high)  # type: ignore[operator]
        assert set(ring.any_of) & set(tags.place_tags(*other))
    assert (found[-1].high is None) == (radius is None)
    assert chord_of(EARTH_RADIUS * 4) == 2 * EARTH_RADIUS


@settings(max_examples=150)
@given(moments, st.none() | moments, st.lists(moments, min_size=1, max_size=3))
def test_each_date_is_in_the_span_that_holds_it(first: datetime, last: datetime | None, dates: list[datetime]) -> None:
    found = by_date(first, last)
    assert all(before.high == after.low for before, after in pairwise(found))
    held = tags.date_tags(dates)
    for moment in dates:
        if moment < first or (last is not None and moment > last):
            continue
        (only,) = (one for one in found if one.low <= moment < one.high)  # type: ignore[operator]
        assert set(only.any_of) & held
    criteria = Criteria(beginning_from=first, beginning_to=last)
    if any(max(first, NOW) <= moment and (last is None or moment <= last) for moment in dates):
        (asked,) = narrowing(Question(criteria, None, 1, NOW))
        assert set(asked) & held


@settings(max_examples=100)
@given(st.integers(0, 40_000), st.integers(0, 3_000))
def test_spans_hold_the_time_asked_and_no_other(first: int, length: int) -> None:
    last = min(first + length, tags.LAST_SPAN)
    days = [
        day
        for level, number in tags.spans(first, last)
        for day in range(number << 3 * level, (number + 1) << 3 * level)
    ]
    assert days == list(range(first, last + 1))


def test_an_id_beyond_all_blocks_has_no_tags() -> None:
    values: dict[str, Any] = {
        "rank": 3,
        "coordinates": (48.0, 2.0),
        "dates": [NOW],
        "prices": (0, 500),
        "subcategory_id": "CONCERT",
        "venue_id": 1,
        "is_duo": True,
        "is_digital": False,
    }
    assert tags.tags_of(offer_id=tags.MAX_ID + 1, **values) == [tags.UNTAGGED]
    held = tags.tags_of(offer_id=tags.MAX_ID, **values)
    for found in (in_any_order(2**62), by_rank(2**62), by_price(2**62, None)):
        assert len(places(found, held)) == 1
        assert len(places(found, [tags.UNTAGGED])) == 1


def test_a_row_without_tags_fits_every_question() -> None:
    """What the code of before the tags wrote is found until `reindex` has seen it."""
    held = [tags.UNTAGGED]
    asked = Criteria(
        subcategories=frozenset({"CONCERT"}),
        min_price=15_000,
        max_price=400,
        beginning_from=NOW,
        around=Around(48.0, 2.0, 1_000),
        is_duo=True,
        is_digital=True,
        venue_id=1,
    )
    question = Question(asked, None, 9, NOW)
    groups = narrowing(question)
    assert len(groups) == 7
    assert all(tags.UNTAGGED in group for group in groups)
    assert len(narrowing(question, sliced_by=Sort.DISTANCE)) == 6
    for found in (
        in_any_order(9),
        by_rank(9),
        by_price(9, 500),
        by_distance(Around(1.0, 1.0, 50.0)),
        by_date(NOW, None),
    ):
        assert places(found, held)


@settings(max_examples=150)
@given(offers, st.sets(st.sampled_from(sorted(SUBCATEGORIES)), min_size=1), st.sampled_from(sorted(SUBCATEGORIES)))
def test_an_offer_of_a_kind_asked_for_is_in_a_slice_that_holds_its_kind(
    one: tuple[int, int | None, bool, bool], asked: set[str], name: str
) -> None:
    offer_id, weight, _, has_image = one
    criteria = Criteria(subcategories=frozenset(asked))
    is_event = SUBCATEGORIES[name].is_event
    held = tags.rank_tags(offer_id, rank(ranking_weight=weight, is_event=is_event, has_image=has_image))
    kinds = kinds_of(criteria)
    for found in (in_any_order(offer_id, kinds), by_rank(offer_id, [kind for some in kinds for kind in some])):
        fitting = [
            place
            for place in places(found, held)
            if tags.subcategory(name) in subcategories_in(found[place].kind, criteria)
        ]
        assert len(fitting) == (name in asked)
