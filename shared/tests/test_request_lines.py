"""The line about a request is the same whichever way it is written."""

from __future__ import annotations

import json
import subprocess
import sys

_PROGRAM = """
import shared.telemetry.logs as logs
from shared.telemetry.trace import enter_trace
logs.configure_logging("users", level={level!r})
enter_trace("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "asked")
fields = dict(method="GET", path="/é", status=200, duration_ms=1.25, user_id=None, kind="native")
logs.log_request(**fields)
logs._write_line = None
logs.log_request(**fields)
"""


def lines(level: str) -> list[dict[str, object]]:
    program = [sys.executable, "-c", _PROGRAM.format(level=level)]
    result = subprocess.run(program, capture_output=True, text=True, check=True)  # noqa: S603
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_the_short_way_writes_what_the_long_one_does() -> None:
    short, long = lines("INFO")
    assert str(short.pop("timestamp"))[:16] == str(long.pop("timestamp"))[:16]
    assert short == long
    assert (short["request_id"], short["path"], short["event"]) == ("asked", "/é", "request")


def test_nothing_is_written_below_the_level() -> None:
    assert lines("WARNING") == []
