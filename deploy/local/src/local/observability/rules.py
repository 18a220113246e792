"""Objectives as recording rules and burn-rate alerts, and the alerts on what must never be.

An objective is a share of good events over 30 days. An alert looks at how fast the allowed share of bad events is used
up, over a long and a short window together: the long one so that a blip wakes nobody, the short one so that the alert
ends when the trouble does (Site Reliability Workbook, chapter 5).
"""

from dataclasses import dataclass

import yaml

WINDOWS = ("5m", "30m", "1h", "2h", "6h", "1d", "3d")


@dataclass(frozen=True)
class Objective:
    """`bad` and `all` are rates with `{window}` in place of the range; `target` is the share that must be good."""

    name: str
    title: str
    target: float
    bad: str
    all: str

    @property
    def budget(self) -> float:
        return round(1 - self.target, 6)

    def ratio(self, window: str) -> str:
        return f"slo:{self.name}:errors:ratio_rate{window}"


def _door(more: str = "") -> str:
    return f'sum(rate(http_request_duration_seconds_count{{job="gateway"{more}}}[{{window}}]))'


def _booking(part: str, more: str = "") -> str:
    labels = f'job="gateway",method="POST",route="/native/v1/bookings"{more}'
    return f"sum(rate(http_request_duration_seconds_{part}{{{labels}}}[{{window}}]))"


_FAILED = ',status=~"5.."'
_IN_TIME = ',le="0.5"'

OBJECTIVES = (
    Objective(
        "door",
        "Requests are answered without a failure of ours",
        0.999,
        _door(_FAILED),
        _door(),
    ),
    Objective(
        "booking",
        "A booking is accepted or refused, not failed",
        0.9995,
        _booking("count", _FAILED),
        _booking("count"),
    ),
    Objective(
        "booking_latency",
        "A booking is answered within half a second",
        0.99,
        f"{_booking('count')} - {_booking('bucket', _IN_TIME)}",
        _booking("count"),
    ),
    Objective(
        "events",
        "A fact has its effect everywhere within five seconds",
        0.99,
        'sum(rate(event_lag_seconds_count[{window}])) - sum(rate(event_lag_seconds_bucket{le="5.0"}[{window}]))',
        "sum(rate(event_lag_seconds_count[{window}]))",
    ),
)

# How many times faster than allowed, over which windows, and whom it concerns.
BURNS = (
    (14.4, "1h", "5m", "page"),
    (6.0, "6h", "30m", "page"),
    (3.0, "1d", "2h", "ticket"),
    (1.0, "3d", "6h", "ticket"),
)


def slo_groups() -> list[dict[str, object]]:
    """A group an objective: the error ratio of each window, then the alerts."""
    groups: list[dict[str, object]] = []
    for objective in OBJECTIVES:
        rules: list[dict[str, object]] = []
        for window in WINDOWS:
            bad, total = (text.replace("{window}", window) for text in (objective.bad, objective.all))
            rules.append(
                {
                    "record": objective.ratio(window),
                    # No traffic is no error: 0 rather than no value.
                    "expr": f"(({bad}) / ({total}) > 0) or vector(0)",
                }
            )
        for factor, long, short, severity in BURNS:
            limit = f"{round(factor * objective.budget, 6):g}"
            rules.append(
                {
                    "alert": f"Slo{objective.name.title().replace('_', '')}Burning",
                    "expr": f"{objective.ratio(long)} > {limit} and {objective.ratio(short)} > {limit}",
                    "labels": {"severity": severity, "window": long, "slo": objective.name},
                    "annotations": {
                        "summary": f"{objective.title}: not so for {{{{ $value | humanizePercentage }}}} over {long}",
                        "description": f"At this pace the 30 days' allowance of {objective.budget:.2%} is used up "
                        f"{factor:g} times too fast. See docs/observability.md.",
                    },
                }
            )
        groups.append({"name": f"slo-{objective.name}", "interval": "30s", "rules": rules})
    return groups


@dataclass(frozen=True)
class Alert:
    name: str
    expr: str
    wait: str
    severity: str
    summary: str
    what_to_do: str


ALERTS = (
    Alert(
        "ProcessDown",
        'up{job=~"gateway|.+-(api|worker)"} == 0',
        "1m",
        "page",
        "{{ $labels.job }} {{ $labels.instance }} does not answer",
        "Look at its last log lines; an API with late migrations exits with status 3.",
    ),
    Alert(
        "OutboxStuck",
        "outbox_oldest_seconds > 60",
        "2m",
        "page",
        "A fact of {{ $labels.job }} has waited {{ $value | humanizeDuration }} to be published",
        "Is the broker up, and does one worker of the service hold the relay's lock (log line relay.holding)?",
    ),
    Alert(
        "StreamLagging",
        "stream_lag_entries > 5000",
        "5m",
        "ticket",
        "{{ $labels.job }} has {{ $value }} entries of {{ $labels.stream }} to read",
        "Start more workers of the service; one handles about a thousand events a second.",
    ),
    Alert(
        "StreamPendingStuck",
        "min_over_time(stream_pending_entries[10m]) > 0 and rate(events_failed_total[10m]) > 0",
        "5m",
        "ticket",
        "{{ $labels.job }} keeps failing at an entry of {{ $labels.stream }}",
        "The log line consumers.event_failed names the event and the error.",
    ),
    Alert(
        "DeadLetters",
        "max by (stream) (stream_dead_entries) > 0",
        "0m",
        "page",
        "{{ $value }} events of {{ $labels.stream }} were set aside",
        "Mend the cause, then replay the aggregate (docs/operations.md); the entries name the group and the reason.",
    ),
    Alert(
        "PoolExhausted",
        "min_over_time(database_pool_waiting[2m]) > 0",
        "1m",
        "page",
        "Requests of {{ $labels.job }} wait for a database connection",
        "Look for slow statements and locks in PostgreSQL before making pools larger.",
    ),
    Alert(
        "RequestsShed",
        "sum by (job) (rate(http_requests_shed_total[5m])) > 0",
        "5m",
        "page",
        "{{ $labels.job }} refuses {{ $value | humanize }} requests a second because it serves too many",
        "More processes of the service, or something that it waits for is slow.",
    ),
    Alert(
        "UpstreamFailing",
        "sum by (service) (rate(gateway_upstream_failures_total[5m])) > 0.5",
        "5m",
        "page",
        "The gateway gets no answer from {{ $labels.service }}",
        "Its other routes go on; look at that service's processes.",
    ),
    Alert(
        "RouteConflict",
        "gateway_route_conflicts > 0",
        "1m",
        "ticket",
        "Two services claim the same operation",
        "The first one keeps it. The log line of the gateway names both.",
    ),
    Alert(
        "LimiterBlind",
        "rate(gateway_limiter_failures_total[5m]) > 0",
        "10m",
        "ticket",
        "The gateway cannot ask Redis: rate limits are not applied",
        "Requests pass meanwhile. Restore Redis.",
    ),
    Alert(
        "PartnerAway",
        "max by (partner) (partner_breaker_open) > 0",
        "15m",
        "ticket",
        "Calls to {{ $labels.partner }} are not made: it kept failing",
        "What people see of it meanwhile is said in docs/operations.md.",
    ),
    Alert(
        "MailsFailing",
        "sum by (kind) (rate(documents_mail_attempts_failed_total[15m])) > 0",
        "15m",
        "ticket",
        "Mails of the kind {{ $labels.kind }} are refused by the relay",
        "They are tried again with growing pauses; the book of mail keeps the relay's words.",
    ),
    Alert(
        "LawBroken",
        "max by (law) (audit_broken_rows) > 0",
        "0m",
        "page",
        "{{ $value }} rows break the law: {{ $labels.law }}",
        "Money or seats may be wrong. `python -m bookings audit` lists the rows; stop what writes before you mend.",
    ),
    Alert(
        "AuditLate",
        "time() - max(audit_finished_timestamp_seconds) > 7200",
        "10m",
        "ticket",
        "The laws of bookings were last looked at {{ $value | humanizeDuration }} ago",
        "The worker of bookings does it every hour; its log says why it did not.",
    ),
)


def alert_groups() -> list[dict[str, object]]:
    return [
        {
            "name": "platform",
            "rules": [
                {
                    "alert": alert.name,
                    "expr": alert.expr,
                    "for": alert.wait,
                    "labels": {"severity": alert.severity},
                    "annotations": {"summary": alert.summary, "description": alert.what_to_do},
                }
                for alert in ALERTS
            ],
        }
    ]


def _file(groups: list[dict[str, object]]) -> str:
    head = "# Written by ./pc openapi from deploy/local/src/local/observability/rules.py.\n"
    return head + yaml.safe_dump({"groups": groups}, sort_keys=False, width=120, allow_unicode=True)


def slo_file() -> str:
    return _file(slo_groups())


def alerts_file() -> str:
    return _file(alert_groups())
