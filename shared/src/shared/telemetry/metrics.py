"""What every process counts. Names are stable: dashboards and alerts read them."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

REQUESTS = Histogram(
    "http_request_duration_seconds",
    "Time from the request's head to the end of the answer",
    ("method", "route", "status"),
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
IN_FLIGHT = Gauge("http_requests_in_flight", "Requests that are being served")
SHED = Counter("http_requests_shed", "Requests refused because too many were being served")
OUTBOX_PENDING = Gauge("outbox_pending_rows", "Rows of the last look at the outbox that waited to be published")
OUTBOX_OLDEST = Gauge("outbox_oldest_seconds", "Age of the oldest row of the outbox that waits to be published")
STREAM_LAG = Gauge("stream_lag_entries", "Entries that this service has not been given yet", ("stream",))
STREAM_PENDING = Gauge("stream_pending_entries", "Entries given to this service and not acknowledged", ("stream",))
STREAM_DEAD = Gauge("stream_dead_entries", "Entries set aside, by any service", ("stream",))
RELAYED = Counter("outbox_relayed_events", "Events put on the streams")
HANDLED = Counter("events_handled", "Events applied", ("stream",))
DUPLICATES = Counter("events_duplicate", "Events that the inbox had already", ("stream",))
FAILED = Counter("events_failed", "Attempts at an event that raised", ("stream",))
DEAD = Counter("events_dead", "Events set aside after too many attempts", ("stream",))
EVENT_LAG = Histogram(
    "event_lag_seconds",
    "From the fact to its effect here",
    ("stream",),
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60),
)
PARTNER_CALLS = Histogram(
    "partner_call_duration_seconds",
    "Calls to partners; the outcome is a status, an error's name, or refused (breaker open)",
    ("partner", "operation", "outcome"),
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
PARTNER_BREAKER = Gauge("partner_breaker_open", "1 while calls to a partner are not made", ("partner",))
