"""The Helm charts of deploy/helm: what of them follows from the code, and how they are rendered without a cluster."""

import json
import re
import shutil
from pathlib import Path

import yaml

from local.errors import LocalError
from local.paths import ROOT
from local.run import capture, tool
from local.topology import SERVICES
from shared.commands import schedule_of

FOLDER = ROOT / "deploy" / "helm"
DEPLOYABLES = ("gateway", *SERVICES)


def expected() -> dict[Path, str]:
    """The scheduled jobs of each service, for its chart's CronJobs."""
    return {FOLDER / service / "jobs.yaml": _jobs(service) for service in SERVICES}


def _jobs(service: str) -> str:
    jobs = [
        {
            "name": _name(service, run.job, run.arguments),
            "cron": run.schedule.cron,
            "args": [run.job, *run.arguments],
        }
        for run in schedule_of(service)
    ]
    head = f"# Written by ./pc openapi from the jobs of {service}.\n"
    return head + yaml.safe_dump({"jobs": jobs}, sort_keys=False, width=120)


def _name(service: str, job: str, arguments: tuple[str, ...]) -> str:
    """A name that Kubernetes takes for a CronJob: at most 52 characters."""
    words = [word.removeprefix("--") for word in arguments if not word.startswith("--")]
    name = re.sub(r"[^a-z0-9-]+", "-", "-".join((service, job, *words)).lower()).strip("-")
    if len(name) > 52:
        raise LocalError(f"The CronJob {name} has a name of more than 52 characters.")
    return name


def render(chart: str, values: Path, folder: Path, release: str = "passculture") -> list[dict[str, object]]:
    """The objects of a chart as a cluster would get them. `folder` is scratch: dependencies are packed there."""
    work = folder / "helm"
    if not work.is_dir():
        shutil.copytree(FOLDER, work)
        # Every deployable before the umbrella, which packs them.
        for name in (*DEPLOYABLES, "platform"):
            _helm("dependency", "build", "--skip-refresh", str(work / name))
    text = _helm("template", release, str(work / chart), "--values", str(values), "--namespace", "passculture")
    return [document for document in yaml.safe_load_all(text) if document]


def lint(chart: str, values: Path, folder: Path) -> str:
    """What `helm lint --strict` says; raises LocalError when it is not content."""
    return _helm("lint", "--strict", str(folder / "helm" / chart), "--values", str(values))


def _helm(*arguments: str) -> str:
    status, output, errors = capture([tool("helm"), *arguments])
    if status != 0:
        raise LocalError(f"`helm {json.dumps(arguments)}` failed with {status}:\n{output[-2000:]}{errors[-3000:]}")
    return output
