"""Ages, birthdays and eligibility, with leap days and zones far from Paris."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from users.eligibility.rules import (
    EligibilityType,
    Person,
    Reform,
    Registration,
    age_at,
    age_on,
    birthday,
    eligibility_at,
    eligibility_bounds,
    eligibility_of,
    eligibility_to_activate,
    local_midnight,
    window_end,
)

PARIS, NOUMEA, TAHITI = ZoneInfo("Europe/Paris"), ZoneInfo("Pacific/Noumea"), ZoneInfo("Pacific/Tahiti")
ZONES = st.sampled_from([PARIS, NOUMEA, TAHITI, ZoneInfo("America/Cayenne"), ZoneInfo("Indian/Reunion")])
DECREE = datetime(2025, 3, 1, tzinfo=UTC)
REFORM = Reform(DECREE)
days = st.dates(date(1950, 1, 1), date(2035, 12, 31))
moments = st.datetimes(  # hypothesis wants naive bounds
    datetime(2020, 1, 1),  # noqa: DTZ001
    datetime(2035, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
# Births for which the moments above are interesting.
births = st.dates(date(1999, 1, 1), date(2020, 12, 31))


@given(days, st.integers(0, 100))
def test_the_birthday_is_the_first_day_of_an_age(birth: date, age: int) -> None:
    day = birthday(birth, age)
    assert age_on(birth, day) == age
    if age:
        assert age_on(birth, day - timedelta(days=1)) == age - 1


@pytest.mark.parametrize(("age", "day"), [(17, date(2025, 2, 28)), (18, date(2026, 2, 28)), (20, date(2028, 2, 29))])
def test_a_leap_day_is_kept_on_the_28th_in_common_years(age: int, day: date) -> None:
    assert birthday(date(2008, 2, 29), age) == day
    assert age_on(date(2008, 2, 29), day) == age


@given(days, days)
def test_ages_are_never_negative_and_grow(birth: date, day: date) -> None:
    assert 0 <= age_on(birth, day) <= age_on(birth, day + timedelta(days=1)) <= age_on(birth, day) + 1


@given(births, moments, ZONES)
def test_nobody_is_eligible_outside_15_to_18(birth: date, moment: datetime, zone: ZoneInfo) -> None:
    person = Person(birth, zone)
    found = eligibility_at(person, moment, REFORM)
    age = age_at(person, moment)
    assert (found is not None) == (15 <= age < 19 and moment >= local_midnight(birthday(birth, 15), zone))
    if found is not None:
        before = EligibilityType.AGE18 if age == 18 else EligibilityType.UNDERAGE
        after = EligibilityType.AGE17_18 if age >= 17 else EligibilityType.FREE
        assert found is (before if moment < DECREE else after)


@given(births, moments, ZONES)
def test_without_the_free_credit_one_waits_for_17(birth: date, moment: datetime, zone: ZoneInfo) -> None:
    person = Person(birth, zone)
    found = eligibility_at(person, moment, Reform(DECREE, free=False))
    if moment >= DECREE:
        assert found in (None, EligibilityType.AGE17_18)
        assert (found is not None) == (17 <= age_at(person, moment) < 19)


@given(births, st.lists(st.tuples(st.sampled_from(EligibilityType), moments), max_size=4), moments, ZONES)
def test_history_gives_no_right_before_15_nor_from_21_on(
    birth: date, history: list[tuple[EligibilityType, datetime]], now: datetime, zone: ZoneInfo
) -> None:
    person = Person(birth, zone)
    registrations = [Registration(kind, at) for kind, at in history]
    found = eligibility_of(person, registrations, now=now, reform=REFORM)
    if not 15 <= age_at(person, now) <= 20:
        assert found is None
    elif found is not None and age_at(person, now) >= 19:
        # Only a registration that was rightly made keeps the right.
        assert any(eligibility_at(person, r.at, REFORM) is r.eligibility for r in registrations)


def test_without_a_birth_date_there_is_no_right() -> None:
    assert eligibility_of(None, [], now=DECREE, reform=REFORM) is None
    assert eligibility_to_activate(None, [], now=DECREE, reform=REFORM) is None


def test_noumea_reaches_17_before_paris() -> None:
    moment = datetime(2025, 3, 1, 13, 45, tzinfo=UTC)
    reform = Reform(DECREE, free=False)
    assert eligibility_at(Person(date(2008, 3, 2), NOUMEA), moment, reform) is EligibilityType.AGE17_18
    assert eligibility_at(Person(date(2008, 3, 2), PARIS), moment, reform) is None


def test_tahiti_is_still_18_when_paris_is_19() -> None:
    birth = date(2007, 6, 1)
    moment = datetime(2026, 6, 1, 8, tzinfo=UTC)
    assert eligibility_at(Person(birth, TAHITI), moment, REFORM) is EligibilityType.AGE17_18
    assert eligibility_at(Person(birth, PARIS), moment, REFORM) is None


def test_the_eve_of_19_in_paris_ends_at_local_midnight() -> None:
    person = Person(date(2007, 6, 1), PARIS)
    assert eligibility_at(person, datetime(2026, 5, 31, 21, 59, tzinfo=UTC), REFORM) is EligibilityType.AGE17_18
    assert eligibility_at(person, datetime(2026, 5, 31, 22, 0, tzinfo=UTC), REFORM) is None
    assert window_end(person) == datetime(2026, 5, 31, 22, 0, tzinfo=UTC)


@pytest.mark.parametrize("age", [19, 20])
def test_a_right_begun_at_18_lasts_until_21(age: int) -> None:
    now = datetime(2028, 6, 1, tzinfo=UTC)
    person = Person(date(2028 - age, 1, 1), PARIS)
    begun = [Registration(EligibilityType.AGE17_18, now - timedelta(days=365 * (age - 18)))]
    assert eligibility_of(person, begun, now=now, reform=REFORM) is EligibilityType.AGE17_18
    assert eligibility_of(person, [], now=now, reform=REFORM) is None


def test_a_registration_before_the_decree_keeps_its_amounts() -> None:
    person = Person(date(2006, 12, 1), PARIS)
    begun = [Registration(EligibilityType.AGE18, datetime(2024, 12, 20, tzinfo=UTC))]
    at_18, at_19, at_20 = (datetime(year, 6, 1, tzinfo=UTC) for year in (2025, 2026, 2027))
    assert eligibility_of(person, begun, now=at_18, reform=REFORM) is EligibilityType.AGE17_18
    assert eligibility_to_activate(person, begun, now=at_18, reform=REFORM) is EligibilityType.AGE18
    assert eligibility_of(person, begun, now=at_19, reform=REFORM) is EligibilityType.AGE18
    assert eligibility_of(person, begun, now=at_20, reform=REFORM) is None


def test_a_check_under_a_wrong_eligibility_does_not_count() -> None:
    person = Person(date(2006, 12, 1), PARIS)
    wrong = [Registration(EligibilityType.AGE18, datetime(2024, 6, 1, tzinfo=UTC))]  # aged 17 then
    assert eligibility_of(person, wrong, now=datetime(2026, 6, 1, tzinfo=UTC), reform=REFORM) is None


@given(births, moments, ZONES)
def test_bounds_are_local_midnights(birth: date, now: datetime, zone: ZoneInfo) -> None:
    start, end = eligibility_bounds(Person(birth, zone), [], now=now, reform=REFORM)
    assert start < end
    for bound in (start, end):
        local = bound.astimezone(zone)
        assert (local.hour, local.minute) == (0, 0) or local.dst() is not None
    assert end.astimezone(zone).date() == birthday(birth, 19)
