"""Event schemas change by addition only: what readers were promised stays true."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from tests.contract.history import at_last_release
from tests.contract.schemas import breaking_changes

HERE = Path(__file__).parent
CONTEXTS = ("users", "offers", "bookings", "documents")


@pytest.mark.parametrize("context", CONTEXTS)
def test_readers_of_what_was_published_can_read_what_is(context: str) -> None:
    before = at_last_release(f"tests/contract/events/{context}.json")
    if before is None:
        pytest.skip("nothing was published before: no git history here")
    now = json.loads((HERE / "events" / f"{context}.json").read_text())
    assert before.keys() <= now.keys(), "a stream is gone"
    for stream, old in before.items():
        new = now[stream]
        assert set(old["facts"]) <= set(new["facts"]), f"{stream}: a fact is gone"
        if new["schema_version"] == old["schema_version"]:
            assert breaking_changes(old["state"], new["state"]) == [], stream


OLD = {
    "type": "object",
    "properties": {
        "id": {"type": "integer"},
        "name": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        "status": {"enum": ["A", "B"], "type": "string"},
        "parts": {"type": "array", "items": {"$ref": "#/$defs/Part"}},
    },
    "required": ["id", "status"],
    "$defs": {"Part": {"type": "object", "properties": {"at": {"type": "string", "format": "date-time"}}}},
}


def changed(path: list[Any], value: Any) -> dict[str, Any]:
    schema = copy.deepcopy(OLD)
    node: Any = schema
    for step in path[:-1]:
        node = node[step]
    if value is None:
        del node[path[-1]]
    else:
        node[path[-1]] = value
    return schema


class TestComparator:
    def test_the_same_is_compatible(self) -> None:
        assert breaking_changes(OLD, OLD) == []

    @pytest.mark.parametrize(
        "new",
        [
            changed(["properties", "more"], {"type": "string"}),
            changed(["required"], ["id", "status", "name"]),
            changed(["properties", "name"], {"type": "string"}),
            changed(["properties", "status", "enum"], ["A"]),
            changed(["$defs", "Part", "properties", "more"], {"type": "integer"}),
        ],
    )
    def test_additions_and_stronger_promises_are_accepted(self, new: dict[str, Any]) -> None:
        assert breaking_changes(OLD, new) == []

    @pytest.mark.parametrize(
        ("new", "problem"),
        [
            (changed(["properties", "name"], None), "state.name is gone"),
            (changed(["required"], ["id"]), "state.status is not promised any more"),
            (changed(["properties", "id"], {"type": "string"}), "state.id may now be string"),
            (
                changed(["properties", "id"], {"anyOf": [{"type": "integer"}, {"type": "null"}]}),
                "state.id may now be null",
            ),
            (changed(["properties", "status", "enum"], ["A", "B", "C"]), "state.status may now be 'C'"),
            (changed(["$defs", "Part", "properties", "at"], {"type": "string"}), "state.parts[].at may now be string"),
        ],
    )
    def test_what_would_break_a_reader_is_named(self, new: dict[str, Any], problem: str) -> None:
        assert breaking_changes(OLD, new) == [problem]
