"""The fields of an answer's schema, as a reader names them: `bookings[].stock.id` (pure)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from tests.contract.schemas import options_of

Schema = dict[str, Any]
_DEEPEST = 12


def fields(schema: Any, root: Schema, at: str = "", depth: int = 0) -> Iterator[str]:
    """Every field that the schema promises or may give, in no order; each once a shape."""
    if depth > _DEEPEST:
        return
    for option in options_of(schema, root):
        if "allOf" in option:
            for part in option["allOf"]:
                yield from fields(part, root, at, depth + 1)
        if "items" in option:
            yield from fields(option["items"], root, f"{at}[]", depth + 1)
        for name, inner in option.get("properties", {}).items():
            place = f"{at}.{name}".removeprefix(".")
            yield place
            yield from fields(inner, root, place, depth + 1)


def answers(document: Schema) -> Iterator[tuple[str, set[str]]]:
    """Each operation with the fields of its successful JSON answers."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method not in ("get", "put", "post", "delete", "patch"):
                continue
            found: set[str] = set()
            for status, answer in operation.get("responses", {}).items():
                content = answer.get("content", {}).get("application/json", {}) if status.startswith("2") else {}
                if "schema" in content:
                    found |= set(fields(content["schema"], document))
            yield f"{method.upper()} {path}", found


def lines(value: Mapping[str, list[str]]) -> str:
    """JSON with a line for each key, so that a change is a line."""
    rows = ",\n".join(f"  {json.dumps(key)}: {json.dumps(read)}" for key, read in value.items())
    return f"{{\n{rows}\n}}\n"
