"""Jobs are due once a period, whenever they are asked about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.schedules import Schedule, daily, every, weekly

SCHEDULES = st.sampled_from(
    [every(minutes=5), every(minutes=60), daily("00:00"), daily("05:30"), weekly("sunday", "23:59")]
)
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 -- Hypothesis wants naive bounds


@given(SCHEDULES, MOMENTS)
def test_the_latest_moment_is_the_latest(schedule: Schedule, now: datetime) -> None:
    slot = schedule.last_slot(now)
    assert slot <= now < slot + schedule.period
    assert schedule.last_slot(slot) == slot
    assert schedule.last_slot(slot - timedelta(microseconds=1)) == slot - schedule.period


@given(SCHEDULES, MOMENTS, st.timedeltas(timedelta(), timedelta(days=30)))
def test_a_job_that_ran_is_due_with_the_next_moment(schedule: Schedule, start: datetime, later: timedelta) -> None:
    assert schedule.is_due(start, None)
    assert not schedule.is_due(start, start)
    assert schedule.is_due(start + later, start) == (schedule.last_slot(start + later) > start)


@pytest.mark.parametrize(
    ("schedule", "cron", "slot"),
    [
        (every(minutes=30), "*/30 * * * *", datetime(2026, 11, 24, 13, 30, tzinfo=UTC)),
        (every(minutes=60), "0 * * * *", datetime(2026, 11, 24, 13, 0, tzinfo=UTC)),
        (daily("05:00"), "0 5 * * *", datetime(2026, 11, 24, 5, 0, tzinfo=UTC)),
        (daily("18:15"), "15 18 * * *", datetime(2026, 11, 23, 18, 15, tzinfo=UTC)),
        (weekly("sunday", "03:00"), "0 3 * * 0", datetime(2026, 11, 22, 3, 0, tzinfo=UTC)),
        (weekly("tuesday", "03:00"), "0 3 * * 2", datetime(2026, 11, 24, 3, 0, tzinfo=UTC)),
    ],
)
def test_moments(schedule: Schedule, cron: str, slot: datetime) -> None:
    assert schedule.cron == cron
    assert schedule.last_slot(datetime(2026, 11, 24, 13, 40, tzinfo=UTC)) == slot


@pytest.mark.parametrize("minutes", [0, 7, 61])
def test_only_divisors_of_an_hour(minutes: int) -> None:
    with pytest.raises(ValueError, match="hour"):
        every(minutes=minutes)
