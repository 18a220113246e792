"""What each service hears is published by its owner, and its handlers can live with a golden example of it."""

from __future__ import annotations

import importlib
import json
import os
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from shared.database.session import Database
from shared.events.worker import published_by
from shared.testing.databases import prepare
from shared.testing.servers import Addresses
from tests.contract.expected_fields import lines
from tests.contract.reading import reading

EXPECTATIONS = Path(__file__).parent / "expectations"
EXAMPLES = Path(__file__).parent / "events" / "examples"
WRITES = bool(os.environ.get("WRITE_EXPECTATIONS"))
CONTEXTS = ("users", "offers", "bookings", "documents")


def worker_of(context: str, **settings: Any) -> Any:
    made = importlib.import_module(f"{context}.settings").Settings(environment="test", **settings)
    return importlib.import_module(f"{context}.worker").create_worker(made), made


def subscriptions() -> list[tuple[str, str]]:
    return [
        (context, subscription.aggregate.stream)
        for context in CONTEXTS
        for subscription in worker_of(context)[0].subscriptions
    ]


def example(stream: str) -> dict[str, Any]:
    return json.loads((EXAMPLES / f"{stream}.json").read_text())


@pytest.mark.parametrize("context", CONTEXTS)
def test_every_aggregate_has_a_golden_example_that_its_schema_accepts(context: str) -> None:
    for aggregate in published_by(context):
        state = example(aggregate.stream)
        parsed = aggregate.state.model_validate(state)
        assert set(parsed.model_dump(mode="json")) == set(state), f"{aggregate.stream}: the example is not whole"


@pytest.mark.parametrize(("context", "stream"), subscriptions())
async def test_a_consumer_reads_the_golden_example(
    servers: Addresses,
    worker_name: str,
    redis_url: str,
    context: str,
    stream: str,
) -> None:
    own = prepare(servers.database_url, context, worker_name)
    worker, settings = worker_of(context, database_url=own.url, redis_url=redis_url)
    subscription = next(item for item in worker.subscriptions if item.aggregate.stream == stream)
    read: set[str] = set()
    owner, _, _ = stream.partition(".")
    assert subscription.aggregate in published_by(owner), "nobody publishes this"
    database = Database(settings)
    try:
        # A reader of today must also live with what a publisher of tomorrow adds.
        state = {**example(stream), "a_field_of_tomorrow": {"x": 1}}
        for number, fact in enumerate(sorted(subscription.aggregate.facts), start=1):
            event = subscription.aggregate.event.model_validate(
                {
                    "id": uuid4(),
                    "name": subscription.aggregate.event_name(fact),
                    "occurred_at": "2026-06-01T10:00:00Z",
                    "aggregate_id": state["id"],
                    "aggregate_version": number,
                    "state": state,
                }
            )
            async with database.transaction() as session:
                with reading(event.state) as fields:
                    assert await subscription.apply(event, session)
            read |= fields
    finally:
        await database.close()
        own.empty()
    declare(context, stream, read, write=WRITES)


def declare(context: str, stream: str, read: set[str], *, write: bool) -> None:
    """Hold what was read against what the service declares; the field of tomorrow is nobody's."""
    file = EXPECTATIONS / f"{context}.json"
    declared: dict[str, list[str]] = json.loads(file.read_text()) if file.is_file() else {}
    if write:
        declared[stream] = sorted(set(declared.get(stream, ())) | read)
        file.write_text(lines(dict(sorted(declared.items()))))
    undeclared = read - set(declared.get(stream, ()))
    assert not undeclared, (
        f"{context} reads {sorted(undeclared)} of {stream}: run WRITE_EXPECTATIONS=1 pytest tests/contract"
    )
