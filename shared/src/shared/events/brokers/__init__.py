"""The broker that carries events: which kind, the setting BROKER_URL says (REDIS_URL where there is none)."""

from __future__ import annotations

from shared.events.brokers.port import (
    Backlog,
    Broker,
    BrokerChanged,
    DeadLetter,
    Entry,
    Handle,
    Kept,
    Place,
    Reader,
    Told,
)
from shared.settings import ServiceSettings

__all__ = [
    "Backlog",
    "Broker",
    "BrokerChanged",
    "DeadLetter",
    "Entry",
    "Handle",
    "Kept",
    "Place",
    "Reader",
    "Told",
    "open_broker",
]


def open_broker(settings: ServiceSettings) -> Broker:
    """The broker that the settings name. Close it in the end. A process loads the client of its own kind alone."""
    if settings.events_url.startswith(("nats://", "tls://")):
        from shared.events.brokers.jetstream import JetStream

        return JetStream(settings.events_url, replicas=settings.broker_replicas)
    from shared.events.brokers.redis_streams import RedisStreams

    return RedisStreams(settings.events_url)
