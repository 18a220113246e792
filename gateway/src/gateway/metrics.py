"""What the gateway counts. Names are stable: dashboards and alerts read them."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import CONTENT_TYPE_LATEST, Counter, Gauge, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import REGISTRY, Collector, CollectorRegistry

from gateway.answers import Answer
from gateway.upstreams import Upstream
from shared.telemetry.metrics import REQUESTS

UPSTREAM_FAILURES = Counter("gateway_upstream_failures", "Requests that a service did not answer", ("service", "kind"))
ROUTE_CONFLICTS = Gauge("gateway_route_conflicts", "Operations that two services claim")
DOCUMENT_READS = Counter("gateway_document_reads", "Attempts at a service's OpenAPI document", ("service", "result"))
IDENTITY_EXCHANGES = Counter("gateway_identity_exchanges", "Cookies and keys shown to their issuer", ("kind", "result"))
RATE_LIMITED = Counter("gateway_rate_limited", "Requests answered 429", ("surface", "route"))
LIMITER_FAILURES = Counter("gateway_limiter_failures", "Requests let through because Redis could not be asked")
COMPOSED = Counter("gateway_compositions", "Composed answers", ("composition", "result"))
IN_FLIGHT = Gauge("gateway_requests_in_flight", "Requests being handled")

_observers: dict[tuple[str, str, int], REQUESTS.__class__] = {}


def observe(method: str, route: str, status: int, seconds: float) -> None:
    """Count one request. The labelled child is kept: finding it costs more than counting."""
    key = (method, route, status)
    child = _observers.get(key)
    if child is None:
        child = _observers[key] = REQUESTS.labels(method, route, str(status))
    child.observe(seconds)


class PoolCollector(Collector):
    """Connections to the services, read when somebody looks."""

    def __init__(self, upstreams: Iterable[Upstream]) -> None:
        self._upstreams = list(upstreams)

    def collect(self) -> Iterable[GaugeMetricFamily]:
        family = GaugeMetricFamily(
            "gateway_upstream_connections", "Connections to the services", labels=["service", "state"]
        )
        for upstream in self._upstreams:
            family.add_metric([upstream.name, "idle"], upstream.idle_connections)
            family.add_metric([upstream.name, "busy"], upstream.open_connections - upstream.idle_connections)
        yield family


class Exposition:
    """The answer of `/metrics`: the process's metrics, and those of one gateway's pools."""

    def __init__(self, upstreams: Iterable[Upstream]) -> None:
        self._pools = CollectorRegistry()
        self._pools.register(PoolCollector(upstreams))

    def answer(self) -> Answer:
        text = generate_latest(REGISTRY) + generate_latest(self._pools)
        return Answer(200, text, ((b"content-type", CONTENT_TYPE_LATEST.encode()),))
