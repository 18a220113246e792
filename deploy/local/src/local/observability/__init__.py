"""What operators watch, as code: Prometheus rules and Grafana dashboards. `./pc openapi` writes deploy/observability."""

from pathlib import Path

from local.observability import dashboards, rules
from local.paths import ROOT

FOLDER = ROOT / "deploy" / "observability"


def expected() -> dict[Path, str]:
    """Every generated file and its text."""
    files = {FOLDER / "rules" / "slo.yaml": rules.slo_file(), FOLDER / "rules" / "alerts.yaml": rules.alerts_file()}
    for name, text in dashboards.all_dashboards().items():
        files[FOLDER / "dashboards" / f"{name}.json"] = text
    return files
