"""What of an offer can be found, and where: pure decisions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offers.categories.tables import SUBCATEGORIES
from offers.search.criteria import MAX_REACH, Criteria, page_count, subcategories_asked
from offers.search.geometry import EARTH_RADIUS, arc_of, chord_of, cube_of, distance
from offers.search.rules import (
    FOREVER,
    StockFacts,
    artists,
    availability,
    closes_at,
    kind_words,
    may_change_what_is_left,
    rank,
)

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
moments = st.none() | st.integers(-100, 100).map(lambda hours: NOW + timedelta(hours=hours))
stocks = st.builds(
    StockFacts,
    price_cents=st.integers(0, 30_000),
    quantity=st.none() | st.integers(0, 5),
    booked_quantity=st.integers(0, 5),
    beginning_datetime=moments,
    booking_limit_datetime=moments,
)
degrees = st.tuples(st.floats(-89, 89), st.floats(-179, 179))


@settings(max_examples=150)
@given(st.lists(stocks, max_size=6))
def test_availability_covers_exactly_what_can_be_booked(all_stocks: list[StockFacts]) -> None:
    found = availability(all_stocks, NOW)
    left = [s for s in all_stocks if (s.quantity is None or s.booked_quantity < s.quantity) and closes_at(s) > NOW]
    assert (found is None) == (not left)
    if found is not None:
        assert found.until > NOW
        assert any(closes_at(stock) == found.until for stock in left)
        for stock in left:
            assert found.price_min <= stock.price_cents <= found.price_max
            if stock.beginning_datetime is not None:
                assert found.date_min is not None
                assert found.date_max is not None
                assert found.date_min <= stock.beginning_datetime <= found.date_max


@settings(max_examples=100)
@given(st.lists(stocks, max_size=6), st.integers(1, 100))
def test_what_was_indexed_still_covers_what_is_left_later(all_stocks: list[StockFacts], hours: int) -> None:
    """Time takes stocks away and never brings any: old bounds of prices and dates remain bounds."""
    before, after = availability(all_stocks, NOW), availability(all_stocks, NOW + timedelta(hours=hours))
    if after is not None:
        assert before is not None
        assert before.price_min <= after.price_min <= after.price_max <= before.price_max
        assert before.until == after.until
    elif before is not None:
        assert before.until <= NOW + timedelta(hours=hours)


def test_something_without_dates_never_closes() -> None:
    assert closes_at(StockFacts(0, None, 0, None, None)) == FOREVER


@pytest.mark.parametrize(
    ("quantity", "booked", "expected"),
    [(None, 1_000, False), (10, 7, False), (10, 8, True), (10, 10, True), (0, 0, True)],
)
def test_news_of_plenty_changes_nothing(quantity: int | None, booked: int, expected: bool) -> None:
    assert may_change_what_is_left(quantity, booked) is expected


@settings(max_examples=100)
@given(degrees, degrees)
def test_straight_distances_give_back_arcs(here: tuple[float, float], there: tuple[float, float]) -> None:
    arc = distance(*here, *there)
    points = [[float(part) for part in cube_of(*point).strip("()").split(",")] for point in (here, there)]
    chord = sum((a - b) ** 2 for a, b in zip(*points, strict=True)) ** 0.5
    assert arc_of(chord) == pytest.approx(arc, abs=2)
    assert arc_of(chord_of(arc)) == pytest.approx(arc, abs=1)


def test_known_distances() -> None:
    assert distance(48.8566, 2.3522, 45.7640, 4.8357) == pytest.approx(391_500, rel=0.01)
    assert chord_of(100 * EARTH_RADIUS) == pytest.approx(2 * EARTH_RADIUS)


def test_choices_of_one_kind_add_up_and_kinds_narrow_each_other() -> None:
    assert subcategories_asked([], [], [], []) is None
    assert subcategories_asked(["VOD", "CONCERT"], [], [], []) == {"VOD", "CONCERT"}
    assert subcategories_asked(["VOD", "CONCERT"], ["MUSIQUE_LIVE"], [], []) == {"CONCERT"}
    assert "SEANCE_CINE" in (subcategories_asked([], [], [], ["CINEMA", "LIVRES"]) or ())
    assert subcategories_asked([], [], ["CD"], []) == {"SUPPORT_PHYSIQUE_MUSIQUE_CD"}


def test_unknown_choices_match_nothing() -> None:
    assert subcategories_asked(["'; DROP TABLE offer; --"], [], [], []) == frozenset()
    assert subcategories_asked(["CONCERT"], ["NOPE"], [], []) == frozenset()


@settings(max_examples=100)
@given(st.integers(0, 5_000), st.integers(1, 100), st.integers(0, 2_000))
def test_pages_stop_at_the_reach(hits: int, size: int, page: int) -> None:
    pages = page_count(hits, size)
    assert (pages - 1) * size < min(hits, MAX_REACH) or pages == 0
    assert pages * size >= min(hits, MAX_REACH)
    criteria = Criteria(page=page, hits_per_page=size)
    assert 0 <= criteria.limit <= size
    assert criteria.offset + criteria.limit <= MAX_REACH or criteria.limit == 0


def test_artists_are_people() -> None:
    data = {"author": "Annie Ernaux", "performer": "Collectif", "speaker": "A, B", "visa": "12"}
    assert artists(data, ["Björk", "Annie Ernaux"]) == ["Annie Ernaux", "Björk"]


def test_words_of_a_kind_hold_its_groups() -> None:
    assert {"concert", "musique", "live", "festivals"} <= set(kind_words(SUBCATEGORIES["CONCERT"]))


def test_rank_puts_editors_first() -> None:
    plain = rank(ranking_weight=None, is_event=False, has_image=False)
    assert plain < rank(ranking_weight=None, is_event=False, has_image=True)
    assert rank(ranking_weight=None, is_event=True, has_image=True) < rank(
        ranking_weight=1, is_event=False, has_image=False
    )
