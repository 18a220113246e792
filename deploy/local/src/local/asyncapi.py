"""The AsyncAPI document of the platform's events: who tells what on which stream, who hears it, and for what."""

import json
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from pydantic.json_schema import models_json_schema

from local.paths import SNAPSHOTS
from local.topology import SERVICES
from shared.events.envelope import Aggregate
from shared.events.subscribers import Subscription
from shared.events.worker import published_by

FILE = SNAPSHOTS / "asyncapi.json"


def expected() -> dict[Path, str]:
    """The document's file and its text."""
    return {FILE: json.dumps(document(), ensure_ascii=False, indent=2, sort_keys=True) + "\n"}


def heard_by(service: str) -> list[Subscription]:
    """What a service hears, as its worker registers it."""
    settings = import_module(f"{service}.settings").Settings(environment="test")
    subscriptions: list[Subscription] = import_module(f"{service}.worker").create_worker(settings).subscriptions
    return subscriptions


def document() -> dict[str, Any]:
    """AsyncAPI 3.0, derived from the code alone."""
    aggregates = [aggregate for service in SERVICES for aggregate in published_by(service)]
    _, schemas = models_json_schema(
        [(aggregate.event, "serialization") for aggregate in aggregates], ref_template="#/components/schemas/{model}"
    )
    names, _ = models_json_schema([(aggregate.event, "serialization") for aggregate in aggregates])
    channels, messages, operations = {}, {}, {}
    for aggregate in aggregates:
        payload = names[aggregate.event, "serialization"]["$ref"].rpartition("/")[2]
        channels[aggregate.stream] = _channel(aggregate)
        for fact in sorted(aggregate.facts):
            # Every service tells of its flags in the same words: one message, several who send it.
            name, tags = aggregate.event_name(fact), messages.get(aggregate.event_name(fact), {}).get("tags", [])
            messages[name] = _message(aggregate, fact, payload, tags)
        operations[f"{aggregate.context}.send.{aggregate.stream}"] = {
            "action": "send",
            "channel": _ref("channels", aggregate.stream),
            "title": f"{aggregate.context} tells",
            "tags": [{"name": aggregate.context}],
        }
    for service in SERVICES:
        for subscription in heard_by(service):
            operations[f"{service}.receive.{subscription.aggregate.stream}"] = _receive(service, subscription)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "pass Culture: events",
            "version": "1.0.0",
            "description": "Every event carries the whole public state of its aggregate. A reader ignores a version that is "
            "not newer than the one it knows, and fields that it does not know.",
            "license": {"name": "MPL-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages, "schemas": schemas["$defs"]},
    }


def _channel(aggregate: Aggregate[Any]) -> dict[str, Any]:
    return {
        "address": aggregate.stream,
        "title": f"{aggregate.name.replace('_', ' ').capitalize()}, as {aggregate.context} tells it",
        "description": "A stream of Redis or a subject of NATS (`BROKER_URL`); each reader is a group named as its service.",
        "messages": {
            aggregate.event_name(fact): _ref("components/messages", aggregate.event_name(fact))
            for fact in sorted(aggregate.facts)
        },
    }


def _message(aggregate: Aggregate[Any], fact: str, payload: str, tags: list[dict[str, str]]) -> dict[str, Any]:
    return {
        "name": aggregate.event_name(fact),
        "title": f"{aggregate.name} {fact}".replace("_", " "),
        "payload": _ref("components/schemas", payload),
        "tags": [*tags, {"name": aggregate.context}],
    }


def _receive(service: str, subscription: Subscription) -> dict[str, Any]:
    aggregate = subscription.aggregate
    heard = sorted({fact for facts, _ in subscription.handlers for fact in (facts or aggregate.facts)})
    return {
        "action": "receive",
        "channel": _ref("channels", aggregate.stream),
        "title": f"{service} hears",
        "description": "\n".join(_purposes(subscription)),
        "messages": [_ref(f"channels/{aggregate.stream}/messages", aggregate.event_name(fact)) for fact in heard],
        "tags": [{"name": service}],
    }


def _purposes(subscription: Subscription) -> Iterator[str]:
    """What each handler does, in its own words."""
    for facts, handler in subscription.handlers:
        first = (handler.__doc__ or handler.__name__.replace("_", " ")).strip().splitlines()[0]
        yield f"- {', '.join(sorted(facts)) if facts else 'every fact'}: {first}"


def _ref(place: str, name: str) -> dict[str, str]:
    return {"$ref": f"#/{place}/{name}"}
