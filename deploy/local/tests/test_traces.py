"""What `./pc trace` makes of the files of spans."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from local.errors import LocalError
from local.traces import as_page, as_text, find, read_spans, recording

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


def line(name: str, span: int, parent: int | None, *, trace: int = 1, at: int = 0, took: int = 5, failed: bool = False):
    return json.dumps(
        {
            "name": name,
            "context": {"trace_id": f"0x{trace:032x}", "span_id": f"0x{span:016x}", "trace_state": "[]"},
            "kind": "SpanKind.SERVER",
            "parent_id": None if parent is None else f"0x{parent:016x}",
            "start_time": (START + timedelta(seconds=trace, milliseconds=at)).isoformat(),
            "end_time": (START + timedelta(seconds=trace, milliseconds=at + took)).isoformat(),
            "status": {"status_code": "ERROR" if failed else "UNSET"},
            "attributes": {"db.query.text": "SELECT '<b>'"},
            "resource": {"attributes": {"service.name": "gateway" if parent is None else "bookings-api"}},
        }
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "gateway.jsonl").write_text(
        f"{line('POST /native/v1/bookings', 1, None, took=50)}\n{line('GET /me', 9, None, trace=2)}\n"
    )
    (tmp_path / "bookings-api.jsonl").write_text(
        f"{line('INSERT', 3, 2, at=20, failed=True)}\n{line('POST', 2, 1, at=10, took=30)}\n{line('half', 4, 2)[:40]}"
    )
    return tmp_path


def test_a_trace_is_found_by_its_route_or_its_id_or_because_it_is_the_last(folder: Path) -> None:
    spans = read_spans(folder)
    assert len(spans) == 4
    assert len(find(spans, "post /native")) == 3
    assert find(spans, f"{2:032x}"[:32])[0].name == "GET /me"
    assert find(spans, None)[0].name == "GET /me"
    with pytest.raises(LocalError, match="nothing like it"):
        find(spans, "nothing like it")


def test_it_is_told_from_the_door_inwards(folder: Path) -> None:
    lines = as_text(find(read_spans(folder), "bookings")).splitlines()[1:]
    assert [text.split()[-1] for text in lines] == ["/native/v1/bookings", "POST", "INSERT"]
    assert "20.0 ms" in lines[2]
    assert ["✗" in text for text in lines] == [False, False, True]


def test_the_page_escapes_what_it_shows(folder: Path) -> None:
    page = as_page(find(read_spans(folder), "bookings"))
    assert "<b>" not in page
    assert page.count('class="row"') == 3


def test_recording_begins_anew(folder: Path) -> None:
    assert recording(folder)["TRACE_RATIO"] == "1"
    assert not folder.exists()
