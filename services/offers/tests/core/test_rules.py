"""The rules of offers and stocks, as properties."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offers.categories.tables import SUBCATEGORIES
from offers.offers import rules
from offers.offers.validation import Rule, Subject, decide
from offers.offers.values import ConfidenceLevel, OfferStatus, OfferValidation, WithdrawalType
from offers.stocks import rules as stock_rules
from offers.venues import rules as venue_rules
from offers.venues.values import Weekday
from shared.errors import ApiError
from shared.money import to_xpf

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)


@dataclass(frozen=True)
class FakeStock:
    quantity: int | None
    booked_quantity: int
    beginning_datetime: datetime | None
    booking_limit_datetime: datetime | None
    is_soft_deleted: bool


moments = st.none() | st.integers(-72, 72).map(lambda hours: NOW + timedelta(hours=hours))
stocks = st.builds(
    FakeStock,
    quantity=st.none() | st.integers(0, 5),
    booked_quantity=st.integers(0, 5),
    beginning_datetime=moments,
    booking_limit_datetime=moments,
    is_soft_deleted=st.booleans(),
)


def refusal(check: Callable[[], None]) -> list[str]:
    """The keys of the refusal; none when the rule is content."""
    try:
        check()
    except ApiError as error:
        return list(error.body)
    return []


fast = settings(max_examples=150, deadline=None)


@fast
@given(st.sampled_from(OfferValidation), moments, moments, st.lists(stocks, max_size=4))
def test_the_first_condition_that_holds_is_the_status(
    validation: OfferValidation,
    publication: datetime | None,
    opening: datetime | None,
    of_offer: list[FakeStock],
) -> None:
    found = rules.status(validation, publication, opening, of_offer, NOW)
    if validation is not OfferValidation.APPROVED:
        assert found.value == validation.value
    elif publication is None:
        assert found is OfferStatus.INACTIVE
    elif publication > NOW:
        assert found is OfferStatus.SCHEDULED
    elif opening is not None and opening > NOW:
        assert found is OfferStatus.PUBLISHED
    else:
        assert found in (OfferStatus.EXPIRED, OfferStatus.SOLD_OUT, OfferStatus.ACTIVE)
        bookable = stock_rules.any_bookable(of_offer, NOW)
        if bookable:
            assert found is OfferStatus.ACTIVE
        if found is OfferStatus.SOLD_OUT:
            assert not bookable
        if not [stock for stock in of_offer if not stock.is_soft_deleted]:
            assert found is OfferStatus.SOLD_OUT


@fast
@given(stocks)
def test_a_bookable_stock_is_alive_to_come_open_and_has_some_left(stock: FakeStock) -> None:
    left = stock_rules.remaining(stock)
    expected = (
        not stock.is_soft_deleted
        and (stock.beginning_datetime is None or stock.beginning_datetime > NOW)
        and (stock.booking_limit_datetime is None or stock.booking_limit_datetime > NOW)
        and (left is None or left > 0)
    )
    assert stock_rules.is_bookable(stock, NOW) is expected
    assert left is None or left >= 0


@fast
@given(st.integers(-200, 200), st.booleans())
def test_events_can_be_deleted_for_two_days_drafts_always(hours: int, is_draft: bool) -> None:
    stock = FakeStock(1, 0, NOW - timedelta(hours=hours), None, False)
    assert stock_rules.is_deletable(stock, NOW, is_draft=is_draft) is (is_draft or hours <= 48)


@fast
@given(st.integers(-500, 60_000), st.booleans())
def test_prices_keep_under_the_cap_of_their_currency(cents: int, is_caledonian: bool) -> None:
    over = to_xpf(cents) > 23_865 if is_caledonian else cents > 300_00
    keys = refusal(lambda: stock_rules.check_price(cents, is_caledonian=is_caledonian))
    cap = "price23865" if is_caledonian else "price300"
    assert keys == (["price"] if cents < 0 else [cap] if over else [])


@fast
@given(st.integers(0, 30_000), st.integers(0, 30_000), st.decimals(0, 1, places=4))
def test_a_limited_price_stays_around_its_reference(price: int, reference: int, rate: Decimal) -> None:
    within = abs(Decimal(price) - reference) <= reference * rate
    assert stock_rules.is_price_within(price, reference, rate) is within


@fast
@given(st.integers(-100, 100), st.integers(-100, 100), st.sampled_from(["Europe/Paris", "Pacific/Noumea"]))
def test_a_booking_limit_never_follows_the_beginning(limit: int, beginning: int, timezone: str) -> None:
    def check() -> None:
        stock_rules.check_booking_limit(
            NOW + timedelta(hours=limit), beginning=NOW + timedelta(hours=beginning), timezone=timezone
        )

    if limit > beginning:
        with pytest.raises(ApiError) as refused:
            check()
        assert list(refused.value.body) == ["stocks"]
    else:
        check()


def test_a_booking_limit_before_publication_and_opening_gets_two_messages() -> None:
    with pytest.raises(ApiError) as refused:
        stock_rules.check_booking_limit(
            NOW,
            timezone="Europe/Paris",
            publication_datetime=NOW + timedelta(days=1),
            booking_allowed_datetime=NOW + timedelta(days=2),
        )
    assert len(refused.value.body["bookingLimitDatetime"]) == 2


@fast
@given(st.integers(-2, 20), st.integers(0, 10))
def test_a_quantity_covers_what_is_booked(quantity: int, booked: int) -> None:
    if quantity < max(0, booked):
        with pytest.raises(ApiError) as refused:
            stock_rules.check_quantity(quantity, booked)
        assert list(refused.value.body) == ["quantity"]
    else:
        stock_rules.check_quantity(quantity, booked)


@fast
@given(
    st.sampled_from(sorted(SUBCATEGORIES)),
    st.none() | st.sampled_from(WithdrawalType),
    st.none() | st.integers(0, 10_000),
    st.none() | st.just("billets@example.com"),
    st.booleans(),
)
def test_withdrawal_is_complete_and_coherent(
    identifier: str, kind: WithdrawalType | None, delay: int | None, contact: str | None, ticketing: bool
) -> None:
    subcategory = SUBCATEGORIES[identifier]
    right = (
        (kind is not None and contact is not None)
        if subcategory.can_be_withdrawable
        else kind in (None, WithdrawalType.NO_TICKET)
    )
    if kind is WithdrawalType.NO_TICKET:
        right = right and delay is None
    if kind in (WithdrawalType.ON_SITE, WithdrawalType.BY_EMAIL):
        right = right and delay is not None
    if kind is WithdrawalType.IN_APP:
        right = right and ticketing
    keys = refusal(lambda: rules.check_withdrawal(subcategory, kind, delay, contact, has_ticketing_service=ticketing))
    assert keys == ([] if right else ["offer"])


@fast
@given(st.sampled_from(sorted(SUBCATEGORIES)), st.none() | st.just("https://a.example"), st.booleans())
def test_an_offer_has_an_address_or_a_link(identifier: str, url: str | None, has_address: bool) -> None:
    subcategory = SUBCATEGORIES[identifier]
    right = (
        bool(url) != has_address
        and not (subcategory.is_online_only and not url)
        and not (subcategory.is_offline_only and url)
    )
    keys = refusal(lambda: rules.check_access(subcategory, url, has_address))
    assert (keys == []) is right
    assert set(keys) <= {"url", "offererAddress"}


@fast
@given(st.dictionaries(st.sampled_from(["author", "ean", "musicType", "visa", "x"]), st.sampled_from(["", "12"])))
def test_only_the_fields_of_the_subcategory_that_are_filled_in_are_kept(extra_data: dict[str, str]) -> None:
    kept, ean = rules.own_extra_data(extra_data, SUBCATEGORIES["LIVRE_PAPIER"])
    assert kept == ({"author": "12"} if extra_data.get("author") else {})
    assert ean == (extra_data.get("ean") or None)


@pytest.mark.parametrize("name", ["", "x" * 91, "Livre 9780000000019 neuf"])
def test_bad_names(name: str) -> None:
    with pytest.raises(ApiError) as refused:
        rules.check_name(name)
    assert list(refused.value.body) == ["name"]


@pytest.mark.parametrize(("text", "ean"), [("978-0000 0000-19", "9780000000019"), ("978000", None), ("Phèdre", None)])
def test_a_search_for_an_ean(text: str, ean: str | None) -> None:
    assert rules.ean_searched(text) == ean


span = st.tuples(st.integers(0, 1438), st.integers(1, 60)).map(lambda pair: (pair[0], min(1439, pair[0] + pair[1])))


@fast
@given(st.lists(span, min_size=1, max_size=3))
def test_opening_hours_are_two_spans_at_most_in_order(spans: list[tuple[int, int]]) -> None:
    text = [[venue_rules.clock_text(start), venue_rules.clock_text(end)] for start, end in spans]
    ordered = sorted(spans)
    overlap = any(right[0] < left[1] for left, right in pairwise(ordered))
    if len(spans) > 2 or overlap:
        with pytest.raises(ApiError):
            venue_rules.timespans_in_minutes("MONDAY", text)
    else:
        stored = venue_rules.timespans_in_minutes("MONDAY", text)
        assert stored == [list(item) for item in ordered]
        shown = venue_rules.opening_hours_by_day({Weekday.MONDAY: stored})
        assert shown["MONDAY"] == sorted(text)
        assert shown["SUNDAY"] is None


@pytest.mark.parametrize(
    ("insee", "postal", "department"),
    [
        ("13201", "13001", "13"),
        ("2A004", "20000", "2A"),
        (None, "20200", "2B"),
        ("97304", "97310", "973"),
        (None, "98800", "988"),
    ],
)
def test_departments(insee: str | None, postal: str, department: str) -> None:
    assert venue_rules.department_of(insee, postal) == department


SUBJECT = Subject({"name": "Soirée Pokémon", "description": None}, {}, {}, [{"price": 12.0}])


@pytest.mark.parametrize(
    ("sub_rules", "flagged"),
    [
        ([("Offer", "name", "contains", ["pokemon"])], True),
        ([("Offer", "name", "contains-exact", ["poke"])], False),
        ([("Offer", "description", "contains", ["a"])], False),
        ([("CollectiveOffer", "name", "contains", ["pokemon"])], False),
        ([("Offer", "name", "contains", ["soiree"]), ("Stock", "price", ">", 10)], True),
        ([("Offer", "name", "contains", ["soiree"]), ("Stock", "price", ">", 20)], False),
        ([], False),
    ],
)
def test_rules_flag_offers(sub_rules: list[tuple[str, str, str, object]], flagged: bool) -> None:
    rule = Rule(
        7, [dict(zip(("model", "attribute", "operator", "comparated"), item, strict=True)) for item in sub_rules]
    )
    decision, flags = decide(None, [rule], SUBJECT)
    assert flags == ([7] if flagged else [])
    assert decision is (OfferValidation.PENDING if flagged else OfferValidation.APPROVED)
    assert decide(ConfidenceLevel.WHITELIST, [rule], SUBJECT)[0] is OfferValidation.APPROVED
    assert decide(ConfidenceLevel.MANUAL_REVIEW, [], SUBJECT)[0] is OfferValidation.PENDING
