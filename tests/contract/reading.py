"""Sees which fields of an event's state a handler reads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from shared.events.envelope import Part
from tests.contract.expected_fields import fields


@contextmanager
def reading(state: Part) -> Iterator[set[str]]:
    """The fields of `state` that are read inside the block, as paths; whoever takes a part as a whole reads all of it."""
    seen: set[str] = set()
    places: dict[int, str] = {id(state): ""}
    # Kept alive, so that no other object gets the identity of one that we know.
    held: list[Any] = [state]
    original = Part.__getattribute__

    def place(value: Any, path: str) -> None:
        if isinstance(value, Part):
            places[id(value)] = path
            held.append(value)
        elif isinstance(value, list | tuple):
            for item in value:
                place(item, f"{path}[]")

    def look(self: Part, name: str) -> Any:
        value = original(self, name)
        path = places.get(id(self))
        if path is None:
            return value
        if name in type(self).model_fields:
            seen.add(f"{path}.{name}".removeprefix("."))
            place(value, f"{path}.{name}".removeprefix("."))
        elif name in ("model_dump", "model_dump_json", "model_copy"):
            schema = type(self).model_json_schema()
            seen.update(fields(schema, schema, path))
        return value

    Part.__getattribute__ = look  # type: ignore[method-assign]
    try:
        yield seen
    finally:
        del Part.__getattribute__
