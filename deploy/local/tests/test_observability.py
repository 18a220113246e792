"""Rules and dashboards name what the code really counts, are current, and do what they say."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from importlib import import_module

import promql_parser
import pytest
import yaml

from local import observability
from local.observability.rules import ALERTS
from local.topology import SERVICES

FOLDER = observability.FOLDER
# What Prometheus itself adds, and what its client library counts of a process.
GIVEN = {"up", "ALERTS", "process_cpu_seconds_total", "process_resident_memory_bytes"}
MODULES = (
    "shared.telemetry.metrics",
    "shared.telemetry.pools",
    "gateway.metrics",
    "bookings.auditing",
    "documents.mails.sender",
    "documents.rendering.pool",
)


@pytest.fixture(scope="module")
def counted() -> set[str]:
    """Every name that a process may expose."""
    from prometheus_client import REGISTRY

    for module in MODULES:
        import_module(module)
    names = set(GIVEN) | {"gateway_upstream_connections"}
    for family in REGISTRY.collect():
        match family.type:
            case "counter":
                names.add(f"{family.name}_total")
            case "histogram":
                names |= {f"{family.name}_{part}" for part in ("bucket", "count", "sum")}
            case _:
                names.add(family.name)
    return names


_INSIDE = (
    promql_parser.AggregateExpr,
    promql_parser.ParenExpr,
    promql_parser.UnaryExpr,
    promql_parser.SubqueryExpr,
)


def selectors(node: object) -> Iterator[str]:
    """The metric names of a parsed expression."""
    if isinstance(node, promql_parser.VectorSelector):
        assert node.name is not None
        yield node.name
    elif isinstance(node, promql_parser.MatrixSelector):
        yield from selectors(node.vector_selector)
    elif isinstance(node, promql_parser.BinaryExpr):
        yield from selectors(node.lhs)
        yield from selectors(node.rhs)
    elif isinstance(node, promql_parser.Call):
        for argument in node.args:
            yield from selectors(argument)
    elif isinstance(node, _INSIDE):
        yield from selectors(node.expr)


def expressions() -> list[tuple[str, str]]:
    found = []
    for path, text in observability.expected().items():
        if path.suffix == ".yaml":
            for group in yaml.safe_load(text)["groups"]:
                found += [(path.name, rule["expr"]) for rule in group["rules"]]
        else:
            found += [
                (path.name, target["expr"])
                for row in json.loads(text)["panels"]
                for panel in (row.get("panels") or [row])
                for target in panel.get("targets", ())
            ]
    return found


def test_every_expression_reads_what_the_code_counts(counted: set[str]) -> None:
    recorded = {
        rule["record"]
        for group in yaml.safe_load((FOLDER / "rules" / "slo.yaml").read_text())["groups"]
        for rule in group["rules"]
        if "record" in rule
    }
    all_expressions = expressions()
    assert len(all_expressions) > 150
    for where, text in all_expressions:
        unknown = set(selectors(promql_parser.parse(text))) - counted - recorded
        assert not unknown, f"{where}: {text} reads {unknown}, which nobody counts"


def test_what_is_committed_is_what_the_code_writes() -> None:
    expected = observability.expected()
    for path, text in expected.items():
        assert path.read_text() == text, f"{path.name} is stale: run ./pc openapi"
    assert {path.stem for path in (FOLDER / "dashboards").glob("*.json")} == {"platform", *SERVICES}


def test_dashboards_have_names_of_their_own_and_panels_that_do_not_overlap() -> None:
    uids = set()
    for path in (FOLDER / "dashboards").glob("*.json"):
        board = json.loads(path.read_text())
        uids.add(board["uid"])
        taken = set()
        panels = [panel for row in board["panels"] for panel in [row, *(row.get("panels") or [])]]
        for panel in panels:
            place = panel["gridPos"]
            cells = {
                (x, y)
                for x in range(place["x"], place["x"] + place["w"])
                for y in range(place["y"], place["y"] + place["h"])
            }
            assert not cells & taken, f"{path.name}: {panel['title']} lies on another panel"
            assert place["x"] + place["w"] <= 24
            taken |= cells
    assert len(uids) == 5


def test_every_alert_says_what_to_do_and_whom_it_wakes() -> None:
    assert len({alert.name for alert in ALERTS}) == len(ALERTS)
    for alert in ALERTS:
        assert alert.severity in ("page", "ticket")
        assert len(alert.what_to_do) > 20
        promql_parser.parse(alert.expr)


def test_every_process_is_scraped_under_the_name_that_rules_and_dashboards_read() -> None:
    config = yaml.safe_load((FOLDER / "prometheus.yaml").read_text())
    jobs = {job["job_name"] for job in config["scrape_configs"]}
    assert jobs == {"gateway", *(f"{service}-{part}" for service in SERVICES for part in ("api", "worker"))}
    read = {job for _, text in expressions() for job in re.findall(r'job="([^"]+)"', text)}
    assert read <= jobs


def test_the_rules_do_what_they_say() -> None:
    tool = shutil.which("promtool")
    if tool is None:
        pytest.skip("promtool is not here (Debian: prometheus): the alerts were not tried")
    tests = sorted((FOLDER / "tests").glob("*.yaml"))
    assert tests
    ran = subprocess.run([tool, "test", "rules", *map(str, tests)], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
