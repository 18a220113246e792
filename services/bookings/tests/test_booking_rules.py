"""The rules of booking and cancelling, as properties."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bookings.booking import rules
from bookings.booking.rules import BookingRefusal, CancellationRefusal, Subject
from bookings.booking.values import BookingStatus, CancellationReason
from bookings.wallet.rules import Purse

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
MOMENTS = st.timedeltas(min_value=timedelta(days=-60), max_value=timedelta(days=60)).map(lambda delta: NOW + delta)

PURSE = Purse(
    id=1,
    type="GRANT_18",
    generation=1,
    granted_cents=500_00,
    spent_cents=0,
    digital_spent_cents=0,
    physical_spent_cents=0,
    expiration_date=NOW + timedelta(days=300),
)
GOOD = Subject(
    price_cents=10_00,
    beginning=NOW + timedelta(days=10),
    booking_limit=NOW + timedelta(days=7),
    is_soft_deleted=False,
    quantity_left=10,
    needs_code=False,
    has_code=False,
    is_duo=True,
    has_url=False,
    is_approved=True,
    publication=NOW - timedelta(days=1),
    booking_allowed=None,
    is_digital_deposit=False,
    is_physical_deposit=True,
    underage_when_free=True,
    underage_when_not_free=True,
    is_offerer_open=True,
    roles=["BENEFICIARY"],
    department_code="75",
    already_booked=False,
    purse=PURSE,
)

# Each breaks one rule, in the order in which the rules are looked at.
BREAKS: list[tuple[BookingRefusal, dict[str, object]]] = [
    (
        BookingRefusal.CATEGORY_FORBIDDEN,
        {"roles": ["FREE_BENEFICIARY"], "underage_when_free": False, "underage_when_not_free": False},
    ),
    (BookingRefusal.FREE_FORBIDDEN, {"roles": ["PRO"], "price_cents": 0}),
    (BookingRefusal.ALREADY_BOOKED, {"already_booked": True}),
    (BookingRefusal.QUANTITY, {"is_duo": False}),
    (BookingRefusal.NOT_BOOKABLE, {"quantity_left": 1}),
    (BookingRefusal.CREDIT, {"purse": None}),
    (BookingRefusal.NO_ACTIVATION_CODE, {"needs_code": True}),
]


def refusal(quantity: int = 2, **changes: object) -> BookingRefusal | None:
    return rules.refusal_to_book(replace(GOOD, **changes), quantity, NOW)  # type: ignore[arg-type]


def test_what_is_allowed_is_not_refused() -> None:
    assert refusal() is None
    assert refusal(1) is None


@pytest.mark.parametrize(("expected", "changes"), BREAKS)
def test_each_rule_refuses(expected: BookingRefusal, changes: dict[str, object]) -> None:
    assert refusal(**changes) == expected


@given(st.sets(st.integers(0, len(BREAKS) - 1), min_size=1))
@settings(max_examples=60, deadline=None)
def test_the_first_broken_rule_is_the_one_told(broken: set[int]) -> None:
    changes: dict[str, object] = {}
    for index in sorted(broken, reverse=True):
        changes |= BREAKS[index][1]
    assert refusal(**changes) == BREAKS[min(broken)][0]


@pytest.mark.parametrize(
    "changes",
    [
        {"is_approved": False},
        {"publication": None},
        {"publication": NOW + timedelta(seconds=1)},
        {"booking_allowed": NOW + timedelta(seconds=1)},
        {"is_offerer_open": False},
        {"is_soft_deleted": True},
        {"beginning": NOW},
        {"booking_limit": NOW},
        {"quantity_left": 0},
    ],
)
def test_what_is_not_released_over_or_sold_out_is_not_bookable(changes: dict[str, object]) -> None:
    assert refusal(1, **changes) == BookingRefusal.NOT_BOOKABLE


@given(st.integers(), st.booleans())
def test_one_or_for_a_duo_offer_two(quantity: int, is_duo: bool) -> None:
    allowed = quantity == 1 or (quantity == 2 and is_duo)
    assert (refusal(quantity, is_duo=is_duo, quantity_left=None, price_cents=0) is None) == allowed


@given(
    price=st.integers(0, 600_00),
    spent=st.integers(0, 500_00),
    digital=st.integers(0, 200_00),
    physical=st.integers(0, 200_00),
    kind=st.sampled_from(["digital", "physical", "neither"]),
    quantity=st.sampled_from([1, 2]),
)
@settings(max_examples=200, deadline=None)
def test_nothing_beyond_the_credit_or_a_cap_is_spent(
    price: int, spent: int, digital: int, physical: int, kind: str, quantity: int
) -> None:
    spent = max(spent, digital + physical)
    purse = replace(PURSE, spent_cents=spent, digital_spent_cents=digital, physical_spent_cents=physical)
    found = refusal(
        quantity,
        price_cents=price,
        purse=purse,
        has_url=kind == "digital",
        is_digital_deposit=kind == "digital",
        is_physical_deposit=kind == "physical",
    )
    total = price * quantity
    if spent + total > max(500_00, spent):
        assert found == BookingRefusal.CREDIT
    elif kind == "digital" and total > min(max(0, 200_00 - digital), max(0, 500_00 - spent)):
        assert found == BookingRefusal.DIGITAL_CREDIT
    elif kind == "physical" and total > min(max(0, 200_00 - physical), max(0, 500_00 - spent)):
        assert found == BookingRefusal.PHYSICAL_CREDIT
    else:
        assert found is None


def test_a_deposit_that_is_over_still_books_for_free() -> None:
    over = replace(PURSE, expiration_date=NOW)
    assert refusal(1, price_cents=0, purse=over) is None
    assert refusal(1, price_cents=1, purse=over) == BookingRefusal.CREDIT


@pytest.mark.parametrize(
    ("price", "free", "paid", "allowed"),
    [(0, True, False, True), (0, False, True, False), (500, True, False, False), (500, False, True, True)],
)
def test_what_the_young_may_book_depends_on_the_price(price: int, free: bool, paid: bool, allowed: bool) -> None:
    young = {"roles": ["UNDERAGE_BENEFICIARY"], "underage_when_free": free, "underage_when_not_free": paid}
    assert (refusal(1, price_cents=price, **young) is None) == allowed
    # An adult beneficiary is never concerned.
    assert refusal(1, price_cents=price, underage_when_free=free, underage_when_not_free=paid) is None


@given(beginning=MOMENTS, booked_at=MOMENTS)
def test_the_limit_is_never_before_booking_nor_more_than_two_days_after(
    beginning: datetime, booked_at: datetime
) -> None:
    limit = rules.cancellation_limit(beginning, booked_at)
    assert limit is not None
    two_days = timedelta(hours=48)
    assert booked_at <= limit <= booked_at + two_days
    if beginning - booked_at > 2 * two_days:
        assert limit == booked_at + two_days
    elif beginning - booked_at >= two_days:
        assert limit == beginning - two_days
    else:
        assert limit == booked_at
        assert rules.is_confirmed(limit, booked_at)


def test_things_may_be_cancelled_until_they_are_used() -> None:
    assert rules.cancellation_limit(None, NOW) is None
    assert not rules.is_confirmed(None, NOW)


@given(MOMENTS)
def test_rescheduling_gives_two_days_at_most(beginning: datetime) -> None:
    limit = rules.rescheduled_cancellation_limit(beginning, NOW)
    assert limit == min(beginning, NOW + timedelta(hours=48))
    assert rules.is_taken_back_when_rescheduled(beginning, NOW) == (beginning > NOW + timedelta(hours=48))


@given(
    status=st.sampled_from(list(BookingStatus)),
    limit=st.none() | MOMENTS,
    roles=st.sampled_from([["BENEFICIARY"], ["UNDERAGE_BENEFICIARY"], ["FREE_BENEFICIARY"], ["PRO"], []]),
)
def test_who_may_cancel(status: BookingStatus, limit: datetime | None, roles: list[str]) -> None:
    found = rules.refusal_to_cancel(roles=roles, status=status.value, limit=limit, now=NOW)
    if not roles or roles == ["PRO"]:
        assert found == CancellationRefusal.NOT_A_BENEFICIARY
    elif status is BookingStatus.CANCELLED:
        assert found == CancellationRefusal.ALREADY_CANCELLED
    elif status is not BookingStatus.CONFIRMED:
        assert found == CancellationRefusal.ALREADY_USED
    elif limit is not None and limit <= NOW:
        assert found == CancellationRefusal.CONFIRMED
    else:
        assert found is None


@pytest.mark.parametrize(
    ("suspension", "event_free", "event_confirmed", "thing", "reason"),
    [
        ("UPON_USER_REQUEST", True, False, True, CancellationReason.BENEFICIARY),
        ("SUSPICIOUS_LOGIN_REPORTED_BY_USER", True, False, True, CancellationReason.BENEFICIARY),
        ("WAITING_FOR_ANONYMIZATION", True, False, True, CancellationReason.BENEFICIARY),
        ("BLACKLISTED_DOMAIN_NAME", True, False, True, CancellationReason.FRAUD),
        ("FRAUD_RESELL_PRODUCT", True, False, True, CancellationReason.FRAUD),
        ("FRAUD_RESELL_PASS", True, False, True, CancellationReason.FRAUD),
        ("FRAUD_SUSPICION", False, False, True, CancellationReason.FRAUD_SUSPICION),
        ("FRAUD_USURPATION", False, False, True, CancellationReason.FRAUD),
        ("FRAUD_HACK", False, False, True, CancellationReason.FRAUD),
        ("END_OF_CONTRACT", False, False, False, CancellationReason.FRAUD),
        (None, False, False, False, CancellationReason.FRAUD),
    ],
)
def test_what_a_suspension_cancels(
    suspension: str | None, event_free: bool, event_confirmed: bool, thing: bool, reason: CancellationReason
) -> None:
    def gone(*, is_event: bool, limit: datetime | None, status: str = "CONFIRMED") -> bool:
        return rules.is_cancelled_by_suspension(suspension, status=status, is_event=is_event, limit=limit, now=NOW)

    assert gone(is_event=True, limit=NOW + timedelta(hours=1)) == event_free
    assert gone(is_event=True, limit=NOW) == event_confirmed
    assert gone(is_event=False, limit=None) == thing
    assert not gone(is_event=False, limit=None, status="USED")
    assert rules.reason_of_suspension(suspension) == reason


@pytest.mark.parametrize(("subcategory", "days"), [("LIVRE_PAPIER", 10), ("CARTE_JEUNES", 30)])
def test_what_nobody_comes_for_expires(subcategory: str, days: int) -> None:
    end = rules.expiration_date(subcategory, can_expire=True, status="CONFIRMED", created=NOW)
    assert end == NOW + timedelta(days=days)
    assert rules.expiration_date(subcategory, can_expire=False, status="CONFIRMED", created=NOW) is None
    assert rules.expiration_date(subcategory, can_expire=True, status="USED", created=NOW) is None


def test_an_event_just_begun_survives_its_offerer() -> None:
    gone = rules.is_cancelled_with_its_offerer
    assert gone("CONFIRMED", None, NOW)
    assert gone("CONFIRMED", NOW + timedelta(hours=1), NOW)
    assert not gone("CONFIRMED", NOW - timedelta(hours=47), NOW)
    assert gone("CONFIRMED", NOW - timedelta(hours=49), NOW)
    assert not gone("USED", None, NOW)
