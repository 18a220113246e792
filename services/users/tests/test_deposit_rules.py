"""Amounts and expiry of credits."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from users.accounts.rules import Role
from users.deposits.rules import (
    DepositNotGrantable,
    DepositType,
    DepositTypeAlreadyGranted,
    HeldDeposit,
    RecreditType,
    UserHasAlreadyActiveDeposit,
    age_recredits,
    check_activation,
    check_grantable,
    current_deposit,
    expiration_date,
    first_deposit,
    may_be_recredited,
    recredit_to_show,
    role_of,
)
from users.eligibility.rules import EligibilityType, birthday

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def deposit(
    kind: DepositType, *recredits: RecreditType, running: bool = True, amount: int = 0, id: int = 1
) -> HeldDeposit:
    end = NOW + timedelta(days=10 if running else -10)
    return HeldDeposit(id, kind, amount, NOW - timedelta(days=100), end, recredits)


@given(st.dates(date(1990, 1, 1), date(2020, 12, 31)))
def test_every_deposit_ends_at_21_and_eleven_hours(birth: date) -> None:
    end = expiration_date(birth)
    assert end.date() == birthday(birth, 21)
    assert (end.hour, end.minute, end.tzinfo) == (11, 0, UTC)


def test_a_leap_day_ends_on_28_february() -> None:
    assert expiration_date(date(2008, 2, 29)) == datetime(2029, 2, 28, 11, tzinfo=UTC)


@pytest.mark.parametrize(
    ("eligibility", "age", "kind", "version", "cents"),
    [
        (EligibilityType.UNDERAGE, 15, DepositType.GRANT_15_17, 1, 20_00),
        (EligibilityType.UNDERAGE, 16, DepositType.GRANT_15_17, 1, 30_00),
        (EligibilityType.UNDERAGE, 17, DepositType.GRANT_15_17, 1, 30_00),
        (EligibilityType.AGE18, 18, DepositType.GRANT_18, 2, 300_00),
        (EligibilityType.AGE17_18, 17, DepositType.GRANT_17_18, 1, 0),
        (EligibilityType.FREE, 15, DepositType.GRANT_FREE, 1, 0),
    ],
)
def test_first_amounts(eligibility: EligibilityType, age: int, kind: DepositType, version: int, cents: int) -> None:
    new = first_deposit(eligibility, age)
    assert (new.type, new.version, new.amount_cents) == (kind, version, cents)


@given(st.integers(0, 40).filter(lambda age: age not in (15, 16, 17)))
def test_the_legacy_credit_of_minors_is_for_15_to_17(age: int) -> None:
    with pytest.raises(DepositNotGrantable):
        first_deposit(EligibilityType.UNDERAGE, age)


@given(st.integers(10, 25), st.integers(10, 25), st.frozensets(st.sampled_from(RecreditType)))
def test_each_age_is_paid_once_over_all_deposits(first: int, now: int, had: frozenset[RecreditType]) -> None:
    held = [deposit(DepositType.GRANT_15_17, *had)]
    given_now = age_recredits(held, first, now)
    expected = {
        (kind, cents)
        for age, kind, cents in ((17, RecreditType.RECREDIT_17, 50_00), (18, RecreditType.RECREDIT_18, 150_00))
        if first <= age <= now and kind not in had
    }
    assert {(r.type, r.amount_cents) for r in given_now} == expected
    again = [deposit(DepositType.GRANT_17_18, *had, *(r.type for r in given_now))]
    assert age_recredits(again, first, now) == []


@pytest.mark.parametrize(
    ("first", "now", "total"), [(17, 17, 50_00), (18, 18, 150_00), (17, 18, 200_00), (17, 20, 200_00)]
)
def test_worked_amounts_of_the_third_credit(first: int, now: int, total: int) -> None:
    assert sum(r.amount_cents for r in age_recredits([], first, now)) == total


@pytest.mark.parametrize("kind", list(DepositType))
def test_no_type_is_granted_twice(kind: DepositType) -> None:
    with pytest.raises(DepositTypeAlreadyGranted):
        check_grantable(kind, [deposit(kind, running=False)], NOW)


def test_the_free_credit_does_not_follow_the_third() -> None:
    with pytest.raises(DepositTypeAlreadyGranted):
        check_grantable(DepositType.GRANT_FREE, [deposit(DepositType.GRANT_17_18, running=False)], NOW)


def test_one_credit_runs_at_a_time() -> None:
    with pytest.raises(UserHasAlreadyActiveDeposit):
        check_grantable(DepositType.GRANT_18, [deposit(DepositType.GRANT_15_17)], NOW)
    check_grantable(DepositType.GRANT_18, [deposit(DepositType.GRANT_15_17, running=False)], NOW)


def test_guards_of_an_activation() -> None:
    with pytest.raises(DepositNotGrantable):
        check_activation(EligibilityType.UNDERAGE, 18, [], [])
    with pytest.raises(DepositNotGrantable):
        check_activation(EligibilityType.UNDERAGE, 17, [Role.BENEFICIARY], [])
    with pytest.raises(DepositNotGrantable):
        check_activation(EligibilityType.AGE18, 18, [], [deposit(DepositType.GRANT_17_18)])
    check_activation(EligibilityType.AGE18, 18, [], [deposit(DepositType.GRANT_15_17)])


@given(st.integers(10, 25), st.integers(10, 25), st.sampled_from(DepositType), st.booleans())
def test_who_may_be_recredited(age: int, age_at_deposit: int, kind: DepositType, running: bool) -> None:
    current = deposit(kind, running=running)
    may = may_be_recredited(current, [current], age=age, age_at_deposit=age_at_deposit, now=NOW)
    if age not in (17, 18) or not running or kind is DepositType.GRANT_18:
        assert not may
    elif kind is DepositType.GRANT_15_17:
        assert may == (age != age_at_deposit)
    else:
        assert may


def test_a_recredit_of_17_under_the_former_rules_blocks_the_new_one() -> None:
    held = [deposit(DepositType.GRANT_15_17, RecreditType.RECREDIT_17)]
    assert not may_be_recredited(held[0], held, age=17, age_at_deposit=15, now=NOW)


@pytest.mark.parametrize(
    ("kind", "age", "role"),
    [
        (DepositType.GRANT_15_17, 17, Role.UNDERAGE_BENEFICIARY),
        (DepositType.GRANT_17_18, 17, Role.UNDERAGE_BENEFICIARY),
        (DepositType.GRANT_17_18, 18, Role.BENEFICIARY),
        (DepositType.GRANT_17_18, 20, Role.BENEFICIARY),
        (DepositType.GRANT_18, 19, Role.BENEFICIARY),
        (DepositType.GRANT_FREE, 16, Role.FREE_BENEFICIARY),
    ],
)
def test_the_role_follows_the_deposit(kind: DepositType, age: int, role: Role) -> None:
    assert role_of(kind, age) is role


def test_the_deposit_that_ends_last_counts() -> None:
    old = deposit(DepositType.GRANT_15_17, running=False, id=2)
    new = deposit(DepositType.GRANT_17_18, id=1)
    assert current_deposit([old, new]) is new
    assert current_deposit([]) is None


def test_what_the_app_announces() -> None:
    assert recredit_to_show(None) is None
    both = deposit(DepositType.GRANT_17_18, RecreditType.RECREDIT_17, RecreditType.RECREDIT_18)
    assert recredit_to_show(both) is RecreditType.RECREDIT_18
    bonus = deposit(DepositType.GRANT_17_18, RecreditType.BONUS_CREDIT, RecreditType.RECREDIT_18)
    assert recredit_to_show(bonus) is RecreditType.BONUS_CREDIT
    legacy = deposit(DepositType.GRANT_15_17, RecreditType.RECREDIT_15, RecreditType.RECREDIT_16)
    assert recredit_to_show(legacy) is RecreditType.RECREDIT_16
