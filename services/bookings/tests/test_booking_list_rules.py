from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bookings.booking_list.rules import (
    FIRST_DAY,
    LAST_DAY,
    PAGE_SIZE,
    Dated,
    Period,
    ShownStatus,
    certain_window,
    history,
    is_countable_day,
    local,
    page_count,
    period_of,
    shown_status,
    shown_token,
    utc_window,
    zone_name,
)
from shared.geography import METROPOLITAN_TIMEZONE, TIMEZONE_OF_DEPARTMENT

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
days = st.dates(FIRST_DAY, LAST_DAY)
zones = st.sampled_from([METROPOLITAN_TIMEZONE, *sorted(set(TIMEZONE_OF_DEPARTMENT.values()))])


@given(st.none() | days, st.none() | days)
def test_bounds_may_come_in_either_order(one: date | None, other: date | None) -> None:
    period = period_of(one, other)
    assert period == period_of(other, one)
    assert (period is None) == (one is None or other is None)
    assert period is None or period.first <= period.last


@given(days, days, zones)
def test_the_utc_window_holds_the_local_days_of_every_zone(one: date, other: date, zone: str) -> None:
    period = period_of(one, other)
    assert period is not None
    earliest, latest = utc_window(period)
    begin = datetime(period.first.year, period.first.month, period.first.day, tzinfo=ZoneInfo(zone))
    end = datetime(period.last.year, period.last.month, period.last.day, 23, 59, 59, tzinfo=ZoneInfo(zone))
    assert earliest <= begin
    assert end < latest


@given(days, days, zones, st.floats(0, 1))
def test_the_certain_window_holds_moments_of_the_period_alone(one: date, other: date, zone: str, part: float) -> None:
    period = period_of(one, other)
    assert period is not None
    first, last = certain_window(period)
    for moment in (first + part * (last - first), first, last - timedelta(seconds=1)):
        if first <= moment < last:
            assert period.first <= local(moment, zone).date() <= period.last


def test_the_window_does_not_open_further_than_a_day() -> None:
    earliest, latest = utc_window(Period(date(2026, 3, 10), date(2026, 3, 10)))
    assert latest - earliest < timedelta(days=3)


@pytest.mark.parametrize("day", [date.min, date.max, LAST_DAY + timedelta(days=1)])
def test_days_at_the_ends_of_the_calendar_are_not_countable(day: date) -> None:
    assert not is_countable_day(day)


moments = st.none() | st.integers(-5000, 5000).map(lambda minutes: NOW + timedelta(minutes=minutes))
bookings = st.builds(
    Dated,
    status=st.sampled_from(("CONFIRMED", "USED", "CANCELLED", "REIMBURSED")),
    created=st.just(NOW - timedelta(days=9)),
    used=moments,
    cancelled=moments,
    reimbursed=moments,
    cancellation_limit=moments,
)


@given(bookings)
def test_a_booking_is_confirmed_only_while_nothing_else_happened_to_it(booking: Dated) -> None:
    shown = shown_status(booking, NOW)
    is_live = booking.status == "CONFIRMED"
    assert (shown in {ShownStatus.CONFIRMED, ShownStatus.BOOKED}) == is_live
    if shown is ShownStatus.CONFIRMED:
        assert booking.cancellation_limit is not None
        assert booking.cancellation_limit <= NOW


@given(bookings)
def test_the_history_tells_each_dated_step_once_in_order(booking: Dated) -> None:
    steps = history(booking)
    order = [ShownStatus.BOOKED, ShownStatus.VALIDATED, ShownStatus.CANCELLED, ShownStatus.REIMBURSED]
    assert [status for status, _ in steps] == [status for status in order if status in dict(steps)]
    assert steps[0] == (ShownStatus.BOOKED, booking.created)
    assert len(steps) == 1 + sum(date is not None for date in (booking.used, booking.cancelled, booking.reimbursed))


@pytest.mark.parametrize(
    ("status", "is_dated", "is_external", "shown"),
    [
        ("CONFIRMED", False, False, False),
        ("USED", False, False, True),
        ("CANCELLED", False, False, True),
        ("REIMBURSED", False, False, True),
        ("CONFIRMED", True, False, True),
        ("CONFIRMED", True, True, False),
        ("USED", False, True, False),
    ],
)
def test_a_partner_reads_only_the_counter_marks_they_should(
    status: str, is_dated: bool, is_external: bool, shown: bool
) -> None:
    token = shown_token("ABC234", status=status, is_dated=is_dated, is_external=is_external)
    assert token == ("ABC234" if shown else None)


@given(st.integers(0, 10**9))
def test_the_pages_hold_every_line_and_none_is_empty(total: int) -> None:
    pages = page_count(total)
    assert pages * PAGE_SIZE >= total
    assert total == 0 or (pages - 1) * PAGE_SIZE < total


def test_a_zone_is_found_for_every_booking() -> None:
    assert zone_name("Pacific/Noumea", "Europe/Paris") == "Pacific/Noumea"
    assert zone_name(None, "Indian/Reunion") == "Indian/Reunion"
    assert zone_name(None, None) == METROPOLITAN_TIMEZONE


def test_moments_are_told_with_the_offset_of_their_zone_and_season() -> None:
    assert local(None, "Europe/Paris") is None
    winter = local(datetime(2026, 1, 15, 20, tzinfo=UTC), "Europe/Paris")
    summer = local(datetime(2026, 7, 15, 20, tzinfo=UTC), "Europe/Paris")
    assert winter is not None
    assert summer is not None
    assert (winter.isoformat(), summer.isoformat()) == ("2026-01-15T21:00:00+01:00", "2026-07-15T22:00:00+02:00")
