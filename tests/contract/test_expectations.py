"""What each reader reads is there: front-ends in our documents, services in one another's events.

A reader declares the fields that it reads in `expectations/`; whoever takes one away fails here, in the provider's own
tests. `WRITE_EXPECTATIONS=1 pytest tests/contract` writes the files of the services anew, from what their handlers were
seen to read, and those of the front-ends from their contracts, where these lie beside the checkout.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from tests.contract.expected_fields import answers, fields, lines

HERE = Path(__file__).parent
EXPECTATIONS = HERE / "expectations"
# Each front-end: the surface that it talks to, and its contract where the checkout has one beside it.
FRONT_ENDS = {"app": ("native", "native-app.json"), "portal": ("pro", "pro.json")}
REFERENCES = HERE.parents[2] / "shared" / "contracts"
WRITES = bool(os.environ.get("WRITE_EXPECTATIONS"))
CONTEXTS = ("users", "offers", "bookings", "documents")


def snapshot(kind: str, name: str) -> dict[str, Any]:
    return json.loads((HERE / kind / f"{name}.json").read_text())


class Served:
    """What we answer, by operation; a path parameter may have another name in a front-end's contract."""

    def __init__(self, surface: str) -> None:
        self._exact = dict(answers(snapshot("openapi", surface)))
        self._bare = {_bare(name): found for name, found in self._exact.items()}

    def find(self, operation: str) -> set[str] | None:
        return self._exact.get(operation, self._bare.get(_bare(operation)))


def _bare(operation: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", operation)


@pytest.mark.parametrize("front_end", FRONT_ENDS)
def test_what_a_front_end_reads_is_answered(front_end: str) -> None:
    surface, _ = FRONT_ENDS[front_end]
    ours = Served(surface)
    declared: dict[str, list[str]] = json.loads((EXPECTATIONS / f"{front_end}.json").read_text())
    assert declared
    for operation, read in declared.items():
        answered = ours.find(operation)
        assert answered is not None, f"{front_end} calls {operation}, which nobody serves any more"
        missing = set(read) - answered
        assert not missing, f"{front_end} reads {sorted(missing)} of {operation}"


@pytest.mark.parametrize("front_end", FRONT_ENDS)
def test_a_front_end_declares_what_its_contract_says(front_end: str) -> None:
    surface, name = FRONT_ENDS[front_end]
    reference = REFERENCES / name
    if not reference.is_file():
        pytest.skip(f"no contract of the {front_end} beside the checkout: its expectations were not compared")
    ours = Served(surface)
    wanted = {
        operation: sorted(read)
        for operation, read in sorted(answers(json.loads(reference.read_text())))
        if ours.find(operation) is not None
    }
    file = EXPECTATIONS / f"{front_end}.json"
    if WRITES:
        file.write_text(lines(wanted))
    assert json.loads(file.read_text()) == wanted, "run WRITE_EXPECTATIONS=1 pytest tests/contract"


@pytest.mark.parametrize("context", CONTEXTS)
def test_what_a_service_reads_of_events_is_published(context: str) -> None:
    declared: dict[str, list[str]] = json.loads((EXPECTATIONS / f"{context}.json").read_text())
    for stream, read in declared.items():
        publisher = stream.partition(".")[0]
        published = snapshot("events", publisher)
        assert stream in published, f"{context} hears {stream}, which nobody publishes any more"
        schema = published[stream]["state"]
        missing = set(read) - set(fields(schema, schema))
        assert not missing, f"{context} reads {sorted(missing)} of {stream}"
