"""The AsyncAPI document: valid, whole, and about what is really published and heard."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from faststream.specification.asyncapi.v3_0_0.schema import ApplicationSchema

from local.asyncapi import heard_by
from shared.events.worker import published_by

DOCUMENT: dict[str, Any] = json.loads((Path(__file__).parent / "asyncapi.json").read_text())
CONTEXTS = ("users", "offers", "bookings", "documents")


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref" and isinstance(value, str):
                yield value
            else:
                yield from references(value)
    elif isinstance(node, list):
        for item in node:
            yield from references(item)


def test_it_is_a_document_of_the_standard() -> None:
    assert ApplicationSchema.model_validate(DOCUMENT).asyncapi == "3.0.0"
    found = set(references(DOCUMENT))
    assert found
    for reference in found:
        node: Any = DOCUMENT
        for part in reference.removeprefix("#/").split("/"):
            assert part in node, reference
            node = node[part]


@pytest.mark.parametrize("context", CONTEXTS)
def test_every_fact_that_is_told_or_heard_is_in_it(context: str) -> None:
    for aggregate in published_by(context):
        assert set(DOCUMENT["channels"][aggregate.stream]["messages"]) == {
            aggregate.event_name(fact) for fact in aggregate.facts
        }
        assert DOCUMENT["operations"][f"{context}.send.{aggregate.stream}"]["action"] == "send"
    for subscription in heard_by(context):
        operation = DOCUMENT["operations"][f"{context}.receive.{subscription.aggregate.stream}"]
        assert operation["action"] == "receive"
        assert operation["messages"]
