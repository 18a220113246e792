"""The clock that tests can move, also in a process that runs."""

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from shared import clock


def test_a_clock_that_follows_a_file_jumps_with_it(tmp_path):
    offset = tmp_path / "offset"
    clock.follow(offset)
    try:
        assert abs(clock.now() - datetime.now(UTC)) < timedelta(minutes=1)
        for seconds in (86_400, -86_400, 0):
            offset.write_text(f"{seconds}\n")
            assert abs(clock.now() - datetime.now(UTC) - timedelta(seconds=seconds)) < timedelta(minutes=1)
    finally:
        clock.follow(None)


def test_production_has_no_such_clock(settings):
    made = {"environment": "production", "database_url": "postgresql://a/b", "clock_offset_file": "somewhere"}
    with pytest.raises(ValidationError, match="CLOCK_OFFSET_FILE"):
        type(settings)(**made)
