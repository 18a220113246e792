"""How offers are shown in lists and to search engines: pure decisions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from offers.catalog import rules
from offers.catalog.values import PublicStock
from offers.categories.tables import SUBCATEGORIES
from offers.stocks import rules as stock_rules

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
moments = st.none() | st.integers(-50, 50).map(lambda hours: NOW + timedelta(hours=hours))
stocks = st.builds(
    PublicStock,
    id=st.integers(1, 9),
    price_cents=st.sampled_from([0, 500, 1_000]),
    quantity=st.none() | st.integers(0, 3),
    booked_quantity=st.integers(0, 3),
    beginning_datetime=moments,
    booking_limit_datetime=moments,
    features=st.just([]),
    price_category_label=st.none(),
    has_activation_code=st.just(False),
    activation_code_expiration=st.none(),
    is_soft_deleted=st.booleans(),
)


@settings(max_examples=150)
@given(st.lists(stocks, max_size=5))
def test_a_list_shows_one_value_or_where_it_starts(all_stocks: list[PublicStock]) -> None:
    shown = rules.summary(all_stocks, NOW)
    kept = [stock for stock in all_stocks if not stock.is_soft_deleted]
    current = [stock for stock in kept if not stock_rules.is_expired(stock, NOW)]
    assert shown.is_expired == (bool(kept) and not current)
    prices = {stock.price_cents for stock in current}
    assert {shown.price, shown.start_price} - {None} == ({min(prices)} if prices else set())
    assert (shown.price is None) or (shown.start_price is None)
    assert (shown.start_price is not None) == (len(prices) > 1)
    dates = {stock.beginning_datetime for stock in current} - {None}
    assert (shown.date is not None) == (len(dates) == 1)
    assert (shown.start_date is not None) == (len(dates) > 1)


@settings(max_examples=100)
@given(st.integers(-200, 2_000))
def test_the_cancellation_limit_lies_between_now_and_the_event(hours: int) -> None:
    beginning = NOW + timedelta(hours=hours)
    limit = rules.cancellation_limit(beginning, NOW)
    assert limit is not None
    assert NOW <= limit <= NOW + timedelta(hours=48)
    assert limit <= max(NOW, beginning - timedelta(hours=48))


def test_expense_domains_follow_the_link_and_the_kind() -> None:
    for subcategory in SUBCATEGORIES.values():
        with_link, without = rules.expense_domains(subcategory, "https://x"), rules.expense_domains(subcategory, None)
        assert with_link == ["all", *(["digital"] if subcategory.is_digital_deposit else [])]
        assert without == ["all", *(["physical"] if subcategory.is_physical_deposit else [])]


def test_odd_codes_have_no_label() -> None:
    for code in (None, "", "abc", [], {}, "9" * 400, 12.7, "501.5", True):
        assert rules.music_labels({"musicType": code, "musicSubType": code}) in ((None, None),)
    assert rules.show_labels({"showType": "200", "showSubType": 201}) == ("Cirque", "Cirque Contemporain")
    assert rules.show_labels({"showType": 200, "showSubType": -1}) == ("Cirque", "Autre")
