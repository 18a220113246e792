"""Front-ends that were built for the last release go on working: our documents change compatibly, and keep what is read."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from tests.contract.compatibility import broken_clients
from tests.contract.history import at_last_release

HERE = Path(__file__).parent
SURFACES = ("native", "pro", "public")


@pytest.mark.parametrize("surface", SURFACES)
def test_clients_of_the_last_release_go_on_working(surface: str) -> None:
    before = at_last_release(f"tests/contract/openapi/{surface}.json")
    if before is None:
        pytest.skip("nothing was released before: no git history here")
    now = json.loads((HERE / "openapi" / f"{surface}.json").read_text())
    accepted = json.loads((HERE / "accepted_changes.json").read_text())
    found = [problem for problem in broken_clients(before, now) if problem not in accepted]
    assert found == [], "if no client relies on it, name it with the reason in accepted_changes.json"


OLD: dict[str, Any] = {
    "paths": {
        "/things/{thing_id}": {
            "post": {
                "parameters": [
                    {"in": "path", "name": "thing_id", "required": True, "schema": {"type": "integer"}},
                    {"in": "query", "name": "page", "schema": {"type": "integer", "maximum": 100}},
                ],
                "requestBody": {
                    "required": False,
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Body"}}},
                },
                "responses": {
                    "200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Answer"}}}},
                    "404": {},
                },
            }
        }
    },
    "components": {
        "schemas": {
            "Body": {
                "type": "object",
                "additionalProperties": False,
                "required": ["name"],
                "properties": {
                    "name": {"type": "string", "maxLength": 10},
                    "kind": {"enum": ["A", "B"], "type": "string"},
                    "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
                },
            },
            "Answer": {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}},
        }
    },
}
OPERATION = ["paths", "/things/{thing_id}", "post"]
BODY = ["components", "schemas", "Body"]


def changed(path: list[Any], value: Any) -> dict[str, Any]:
    document = copy.deepcopy(OLD)
    node: Any = document
    for step in path[:-1]:
        node = node[step]
    if value is None:
        del node[path[-1]]
    else:
        node[path[-1]] = value
    return document


@pytest.mark.parametrize(
    "new",
    [
        OLD,
        changed([*BODY, "properties", "more"], {"type": "string"}),
        changed([*BODY, "properties", "kind", "enum"], ["A", "B", "C"]),
        changed([*BODY, "properties", "name", "maxLength"], 20),
        changed([*BODY, "required"], []),
        changed(["components", "schemas", "Answer", "properties", "more"], {"type": "string"}),
        changed(["paths", "/more"], {"get": {"responses": {}}}),
        changed([*OPERATION, "parameters", 1, "schema"], {"type": "number"}),
        changed([*OPERATION, "responses", "404"], None),
    ],
)
def test_what_asks_no_more_and_gives_no_less_is_compatible(new: dict[str, Any]) -> None:
    assert broken_clients(OLD, new) == []


@pytest.mark.parametrize(
    ("new", "problem"),
    [
        (changed(OPERATION, None), "is gone"),
        (changed([*BODY, "required"], ["name", "kind"]), "body.kind is required now"),
        (changed([*BODY, "properties", "note"], {"type": "string"}), "body.note may not be null any more"),
        (changed([*BODY, "properties", "note"], None), "body.note is refused now"),
        (changed([*BODY, "properties", "kind", "enum"], ["A"]), "body.kind may not be 'B' any more"),
        (changed([*BODY, "properties", "name", "maxLength"], 5), "body.name: maxLength is narrower"),
        (changed([*OPERATION, "requestBody", "required"], True), "a body is required now"),
        (changed([*OPERATION, "parameters", 1, "required"], True), "page is required now"),
        (changed([*OPERATION, "parameters", 1, "schema", "maximum"], 50), "page: maximum is narrower"),
        (changed([*OPERATION, "responses", "200"], None), "200 is not answered any more"),
        (changed(["components", "schemas", "Answer", "required"], []), "200 answer.id is not promised any more"),
        (
            changed(["components", "schemas", "Answer", "properties", "id"], {"type": "string"}),
            "200 answer.id may now be string",
        ),
    ],
)
def test_what_would_break_a_client_is_named(new: dict[str, Any], problem: str) -> None:
    (found,) = broken_clients(OLD, new)
    assert found.removeprefix("POST /things/{thing_id}").removeprefix(":").strip() == problem
