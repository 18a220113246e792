"""Grafana dashboards: one for the platform, one a service. Built with Grafana's own typed library, so that what is
written is what a Grafana reads.
"""

from dataclasses import dataclass

from grafana_foundation_sdk.builders import common
from grafana_foundation_sdk.builders import dashboard as board
from grafana_foundation_sdk.builders.prometheus import Dataquery
from grafana_foundation_sdk.builders.stat import Panel as Stat
from grafana_foundation_sdk.builders.timeseries import Panel as Graph
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import DataSourceRef

from local.observability.rules import OBJECTIVES
from local.topology import SERVICES

_SOURCE = DataSourceRef(type_val="prometheus", uid="prometheus")
_HEIGHT, _WIDTH = 8, 8


@dataclass(frozen=True)
class Chart:
    """One picture: an expression (or several, each with its legend) over time."""

    title: str
    queries: tuple[tuple[str, str], ...]
    unit: str = "short"
    description: str = ""


@dataclass(frozen=True)
class Figure:
    """One number, red from `bad` on."""

    title: str
    query: str
    unit: str = "short"
    bad: float | None = None


@dataclass(frozen=True)
class Row:
    title: str
    panels: tuple[Chart | Figure, ...]


def _target(query: str, legend: str) -> Dataquery:
    return Dataquery().datasource(_SOURCE).expr(query).legend_format(legend)


def _chart(chart: Chart) -> Graph:
    panel = (
        Graph()
        .title(chart.title)
        .description(chart.description)
        .datasource(_SOURCE)
        .unit(chart.unit)
        .min(0)
        .fill_opacity(10)
        .height(_HEIGHT)
        .span(_WIDTH)
        .legend(common.VizLegendOptions().show_legend(True))
    )
    for query, legend in chart.queries:
        panel = panel.with_target(_target(query, legend))
    return panel


def _figure(figure: Figure) -> Stat:
    panel = (
        Stat()
        .title(figure.title)
        .datasource(_SOURCE)
        .unit(figure.unit)
        .height(4)
        .span(4)
        .with_target(_target(figure.query, ""))
    )
    if figure.bad is not None:
        from grafana_foundation_sdk.models.dashboard import Threshold, ThresholdsMode

        steps = [Threshold(value=None, color="green"), Threshold(value=figure.bad, color="red")]
        panel = panel.thresholds(board.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(steps))
    return panel


def _dashboard(uid: str, title: str, rows: tuple[Row, ...]) -> str:
    made = (
        board.Dashboard(title).uid(uid).tags(["passculture"]).refresh("30s").time("now-3h", "now").timezone("browser")
    )
    for row in rows:
        made = made.with_row(board.Row(row.title))
        for panel in row.panels:
            made = made.with_panel(_figure(panel) if isinstance(panel, Figure) else _chart(panel))
    return JSONEncoder(sort_keys=True, indent=2).encode(made.build()) + "\n"


def _quantile(share: str, of: str, by: str) -> str:
    return f"histogram_quantile({share}, sum by (le{by}) (rate({of}[5m])))"


_DOOR_TIME = 'http_request_duration_seconds_bucket{job="gateway"}'

_PLATFORM = (
    Row(
        "Objectives (share of the last hour that failed; the line is the 30 days' allowance)",
        tuple(
            Chart(
                objective.title,
                ((objective.ratio("1h"), "last hour"), (f"vector({objective.budget})", "allowance")),
                "percentunit",
            )
            for objective in OBJECTIVES
        ),
    ),
    Row(
        "Now",
        (
            Figure("Requests a second", 'sum(rate(http_request_duration_seconds_count{job="gateway"}[5m]))', "reqps"),
            Figure("Processes down", 'count(up{job=~"gateway|.+-(api|worker)"} == 0) or vector(0)', bad=1),
            Figure("Dead letters", "sum(max by (stream) (stream_dead_entries)) or vector(0)", bad=1),
            Figure("Broken laws", "sum(max by (law) (audit_broken_rows)) or vector(0)", bad=1),
            Figure("Oldest unsent fact", "max(outbox_oldest_seconds)", "s", bad=60),
            Figure("Partners away", "sum(max by (partner) (partner_breaker_open)) or vector(0)", bad=1),
        ),
    ),
    Row(
        "The door",
        (
            Chart(
                "Requests by status",
                (
                    (
                        'sum by (status) (rate(http_request_duration_seconds_count{job="gateway"}[5m]))',
                        "{{status}}",
                    ),
                ),
                "reqps",
            ),
            Chart(
                "Time to answer",
                (
                    (_quantile("0.5", _DOOR_TIME, ""), "half"),
                    (_quantile("0.95", _DOOR_TIME, ""), "95 %"),
                    (_quantile("0.99", _DOOR_TIME, ""), "99 %"),
                ),
                "s",
            ),
            Chart(
                "Slowest operations (95 %)",
                ((f"topk(10, {_quantile('0.95', _DOOR_TIME, ', method, route')})", "{{method}} {{route}}"),),
                "s",
            ),
            Chart(
                "Services that do not answer",
                (("sum by (service, kind) (rate(gateway_upstream_failures_total[5m]))", "{{service}} {{kind}}"),),
                "reqps",
            ),
            Chart(
                "Callers told to slow down",
                (("sum by (surface) (rate(gateway_rate_limited_total[5m]))", "{{surface}}"),),
                "reqps",
            ),
            Chart(
                "Connections to the services",
                (("sum by (service, state) (gateway_upstream_connections)", "{{service}} {{state}}"),),
            ),
        ),
    ),
    Row(
        "Facts",
        (
            Chart("Sent", (("sum by (job) (rate(outbox_relayed_events_total[5m]))", "{{job}}"),), "ops"),
            Chart(
                "From fact to effect (99 %)",
                ((_quantile("0.99", "event_lag_seconds_bucket", ", stream"), "{{stream}}"),),
                "s",
            ),
            Chart("Not read yet", (("sum by (job, stream) (stream_lag_entries)", "{{job}} {{stream}}"),)),
        ),
    ),
)


def _service_rows(service: str) -> tuple[Row, ...]:
    api, both = f'job="{service}-api"', f'job=~"{service}-(api|worker)"'
    worker = f'job="{service}-worker"'
    timed = f"http_request_duration_seconds_bucket{{{api}}}"
    rows: list[Row] = [
        Row(
            "Requests",
            (
                Chart(
                    "By operation",
                    (
                        (
                            f"sum by (method, route) (rate(http_request_duration_seconds_count{{{api}}}[5m]))",
                            "{{method}} {{route}}",
                        ),
                    ),
                    "reqps",
                ),
                Chart(
                    "Failures by operation",
                    (
                        (
                            "sum by (method, route, status) "
                            f'(rate(http_request_duration_seconds_count{{{api},status=~"5.."}}[5m]))',
                            "{{status}} {{method}} {{route}}",
                        ),
                    ),
                    "reqps",
                ),
                Chart(
                    "Time to answer by operation (95 %)",
                    ((_quantile("0.95", timed, ", method, route"), "{{method}} {{route}}"),),
                    "s",
                ),
                Chart("In flight", ((f"sum(http_requests_in_flight{{{api}}})", "now"),)),
                Chart(
                    "Refused, too many", ((f"sum(rate(http_requests_shed_total{{{api}}}[5m]))", "a second"),), "reqps"
                ),
                Chart(
                    "Database connections",
                    (
                        (
                            f"sum by (job, pool, state) (database_pool_connections{{{both}}})",
                            "{{job}} {{pool}} {{state}}",
                        ),
                        (f"sum by (job) (database_pool_waiting{{{both}}})", "{{job}} waiting"),
                    ),
                ),
            ),
        ),
        Row(
            "Facts",
            (
                Chart("Oldest unsent", ((f"max(outbox_oldest_seconds{{{worker}}})", "age"),), "s"),
                Chart(
                    "Heard, by stream",
                    ((f"sum by (stream) (rate(events_handled_total{{{worker}}}[5m]))", "{{stream}}"),),
                    "ops",
                ),
                Chart(
                    "Failed attempts",
                    ((f"sum by (stream) (rate(events_failed_total{{{worker}}}[5m]))", "{{stream}}"),),
                    "ops",
                ),
                Chart("Not read yet", ((f"sum by (stream) (stream_lag_entries{{{worker}}})", "{{stream}}"),)),
                Chart(
                    "Held and not acknowledged",
                    ((f"sum by (stream) (stream_pending_entries{{{worker}}})", "{{stream}}"),),
                ),
                Chart(
                    "From fact to effect (99 %)",
                    ((_quantile("0.99", f"event_lag_seconds_bucket{{{worker}}}", ", stream"), "{{stream}}"),),
                    "s",
                ),
            ),
        ),
        Row(
            "Processes",
            (
                Chart(
                    "CPU",
                    ((f"sum by (job, instance) (rate(process_cpu_seconds_total{{{both}}}[5m]))", "{{instance}}"),),
                ),
                Chart("Memory", ((f"process_resident_memory_bytes{{{both}}}", "{{instance}}"),), "bytes"),
                Chart(
                    "Partners: time to answer (95 %)",
                    (
                        (
                            _quantile(
                                "0.95", f"partner_call_duration_seconds_bucket{{{both}}}", ", partner, operation"
                            ),
                            "{{partner}} {{operation}}",
                        ),
                    ),
                    "s",
                ),
            ),
        ),
    ]
    if service == "bookings":
        rows.append(
            Row(
                "Laws of money and seats",
                (
                    Chart("Rows that break a law", (("max by (law) (audit_broken_rows)", "{{law}}"),)),
                    Chart("Since the last look", (("time() - max(audit_finished_timestamp_seconds)", "age"),), "s"),
                ),
            )
        )
    if service == "documents":
        rows.append(
            Row(
                "Mails and documents",
                (
                    Chart("Mails sent", (("sum by (kind) (rate(documents_mails_sent_total[5m]))", "{{kind}}"),), "ops"),
                    Chart(
                        "Attempts that failed",
                        (("sum by (kind) (rate(documents_mail_attempts_failed_total[5m]))", "{{kind}}"),),
                        "ops",
                    ),
                    Chart(
                        "Time to lay out a document",
                        (
                            (_quantile("0.5", "documents_render_seconds_bucket", ""), "half"),
                            (_quantile("0.99", "documents_render_seconds_bucket", ""), "99 %"),
                        ),
                        "s",
                    ),
                ),
            )
        )
    return tuple(rows)


def all_dashboards() -> dict[str, str]:
    """The JSON of every dashboard, by name."""
    made = {"platform": _dashboard("passculture-platform", "pass Culture: the platform", _PLATFORM)}
    for service in SERVICES:
        made[service] = _dashboard(f"passculture-{service}", f"pass Culture: {service}", _service_rows(service))
    return made
