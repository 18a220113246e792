"""The charts render without a cluster, are valid to Kubernetes, and hold to what we promise of a deployment."""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml

from local import charts
from local.errors import LocalError
from local.topology import SERVICES
from shared.settings import API_PORTS, WORKER_PORTS

VERSIONS = ("1.33",)
EXAMPLE = charts.FOLDER / "example.yaml"

# What the charts use of two kinds that are not Kubernetes's own.
CUSTOM: dict[str, dict[str, Any]] = {
    "monitoring.coreos.com/v1/ServiceMonitor": {
        "type": "object",
        "required": ["selector", "endpoints"],
        "additionalProperties": False,
        "properties": {
            "selector": {"type": "object", "required": ["matchLabels"]},
            "endpoints": {
                "type": "array",
                "minItems": 1,
                "items": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {
                        "port": {"type": "string"},
                        "path": {"type": "string"},
                        "interval": {"type": "string", "pattern": "^[0-9]+s$"},
                        "relabelings": {"type": "array"},
                    },
                },
            },
        },
    },
    "external-secrets.io/v1/ExternalSecret": {
        "type": "object",
        "required": ["secretStoreRef", "target", "data"],
        "additionalProperties": False,
        "properties": {
            "refreshInterval": {"type": "string"},
            "secretStoreRef": {"type": "object", "required": ["name", "kind"]},
            "target": {"type": "object", "required": ["name"]},
            "data": {"type": "array", "minItems": 1, "items": {"required": ["secretKey", "remoteRef"]}},
        },
    },
}

Object = dict[str, Any]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("charts")


@pytest.fixture(scope="module")
def objects(folder: Path) -> list[Object]:
    return charts.render("platform", EXAMPLE, folder)


def of_kind(objects: list[Object], kind: str) -> dict[str, Object]:
    return {found["metadata"]["name"]: found for found in objects if found["kind"] == kind}


def pods(objects: list[Object]) -> Iterator[tuple[str, Object]]:
    for found in objects:
        match found["kind"]:
            case "Deployment" | "Job":
                yield f"{found['kind']} {found['metadata']['name']}", found["spec"]["template"]
            case "CronJob":
                yield f"CronJob {found['metadata']['name']}", found["spec"]["jobTemplate"]["spec"]["template"]


@pytest.mark.parametrize("version", VERSIONS)
def test_every_object_is_valid(objects: list[Object], version: str) -> None:
    names = set()
    for found in objects:
        schema = CUSTOM.get(f"{found['apiVersion']}/{found['kind']}")
        if schema is None:
            kubernetes_validate.validate(found, version, strict=True)
        else:
            jsonschema.validate(found["spec"], schema)
        names.add((found["kind"], found["metadata"]["name"]))
    assert len(names) == len(objects), "two objects have one name"


def test_a_deployable_is_released_by_its_own_chart(folder: Path, objects: list[Object]) -> None:
    whole = {(found["kind"], found["metadata"]["name"]) for found in objects}
    values = folder / "own.yaml"
    alone: set[tuple[str, str]] = set()
    example = yaml.safe_load(EXAMPLE.read_text())
    for name in charts.DEPLOYABLES:
        values.write_text(yaml.safe_dump({**example[name], "global": example["global"]}))
        alone |= {(found["kind"], found["metadata"]["name"]) for found in charts.render(name, values, folder)}
        charts.lint(name, values, folder)
    assert alone == whole


def test_a_chart_without_its_database_does_not_render(folder: Path, objects: list[Object]) -> None:
    values = folder / "lacking.yaml"
    values.write_text("global: {broker: {cidr: 10.1.0.5/32}}\n")
    assert objects
    with pytest.raises(LocalError, match="own PostgreSQL"):
        charts.render("bookings", values, folder)


def test_no_pod_has_a_privilege(objects: list[Object]) -> None:
    found = list(pods(objects))
    assert len(found) > 30
    for name, pod in found:
        spec = pod["spec"]
        assert spec["automountServiceAccountToken"] is False, name
        assert spec["securityContext"]["runAsNonRoot"] is True, name
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert not {"hostNetwork", "hostPID", "hostIPC"} & spec.keys(), name
        for container in spec["containers"]:
            own = container["securityContext"]
            assert own["readOnlyRootFilesystem"] is True, name
            assert own["allowPrivilegeEscalation"] is False, name
            assert own["capabilities"] == {"drop": ["ALL"]}, name
            assert "memory" in container["resources"]["limits"], name
            assert {"cpu", "memory"} <= container["resources"]["requests"].keys(), name
            secret = [
                entry["name"] for entry in container["env"] if "PASSWORD" in entry["name"] or "SECRET" in entry["name"]
            ]
            assert not secret, name


def test_processes_listen_where_the_code_listens_and_are_probed(objects: list[Object]) -> None:
    deployments = of_kind(objects, "Deployment")
    expected = {f"{service}-api": port for service, port in API_PORTS.items()}
    expected |= {f"{service}-worker": port for service, port in WORKER_PORTS.items()}
    expected["gateway-api"] = 5001
    listening = {}
    for name, deployment in deployments.items():
        (container,) = deployment["spec"]["template"]["spec"]["containers"]
        listening[name] = container["ports"][0]["containerPort"]
        assert container["livenessProbe"]["httpGet"]["path"] == "/health/live"
        assert container["readinessProbe"]["httpGet"]["path"] == "/health/ready"
        assert container["args"] == ["worker"] if name.endswith("-worker") else "args" not in container
    assert listening == expected
    budgets, scalers = of_kind(objects, "PodDisruptionBudget"), of_kind(objects, "HorizontalPodAutoscaler")
    assert budgets.keys() == scalers.keys() == deployments.keys()
    lag = {
        name
        for name, scaler in scalers.items()
        if any(metric["type"] == "External" for metric in scaler["spec"]["metrics"])
    }
    assert lag == {f"{service}-worker" for service in SERVICES}


def test_migrations_come_before_and_after(objects: list[Object]) -> None:
    jobs = of_kind(objects, "Job")
    assert set(jobs) == {f"{service}-migrate-{branch}" for service in SERVICES for branch in ("pre", "post")}
    for name, job in jobs.items():
        hook = job["metadata"]["annotations"]["helm.sh/hook"]
        assert hook == ("pre-install,pre-upgrade" if name.endswith("pre") else "post-install,post-upgrade")


def test_a_service_reaches_its_own_database_alone(objects: list[Object]) -> None:
    own = {
        service: values["database"]["cidr"]
        for service, values in yaml.safe_load(EXAMPLE.read_text()).items()
        if service in SERVICES
    }
    assert len(set(own.values())) == 4
    for name, policy in of_kind(objects, "NetworkPolicy").items():
        assert set(policy["spec"]["policyTypes"]) == {"Ingress", "Egress"}
        reached = {
            peer["ipBlock"]["cidr"] for rule in policy["spec"]["egress"] for peer in rule["to"] if "ipBlock" in peer
        }
        assert reached & set(own.values()) == ({own[name]} if name in own else set())
        served = {
            peer["podSelector"]["matchLabels"]["app.kubernetes.io/name"]
            for rule in policy["spec"]["ingress"]
            for peer in rule["from"]
            if "podSelector" in peer
        }
        assert ("gateway" in served) == (name != "gateway")


def test_services_reach_nats_where_it_carries_the_events(folder: Path, objects: list[Object]) -> None:
    """Redis they reach all the same: rate limits and simulators are there."""
    values = folder / "nats.yaml"
    example = yaml.safe_load(EXAMPLE.read_text())
    example["global"]["events"] = {"cidr": "10.1.0.6/32"}
    values.write_text(yaml.safe_dump(example))

    def reach(found: list[Object], port: int) -> set[str]:
        return {
            name
            for name, policy in of_kind(found, "NetworkPolicy").items()
            for rule in policy["spec"]["egress"]
            if port in {item.get("port") for item in rule.get("ports", ())}
        }

    assert reach(objects, 4222) == set()
    rendered = charts.render("platform", values, folder)
    assert reach(rendered, 4222) == set(SERVICES)
    assert reach(rendered, 6379) == {*SERVICES, "gateway"}


def test_cron_runs_what_the_code_says(objects: list[Object]) -> None:
    for path, text in charts.expected().items():
        assert path.read_text() == text, f"{path.parent.name}/{path.name} is stale: run ./pc openapi"
    said = {job["name"]: job for text in charts.expected().values() for job in yaml.safe_load(text)["jobs"]}
    running = of_kind(objects, "CronJob")
    assert running.keys() == said.keys()
    for name, job in running.items():
        assert job["spec"]["schedule"] == said[name]["cron"]
        assert job["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]["args"] == said[name]["args"]


def test_settings_that_the_charts_give_are_settings_that_exist(objects: list[Object]) -> None:
    known = {"gateway": _settings("gateway.settings"), **{name: _settings(f"{name}.settings") for name in SERVICES}}
    # What the process itself reads, and addresses that all charts share.
    always = {f"{name}_url" for name in SERVICES}
    for name, pod in pods(objects):
        service = pod["metadata"]["labels"]["app.kubernetes.io/name"]
        given = {entry["name"].lower() for container in pod["spec"]["containers"] for entry in container["env"]}
        assert given - always <= known[service], name
    for name, secret in of_kind(objects, "ExternalSecret").items():
        keys = {entry["secretKey"] for entry in secret["spec"]["data"]}
        service = name.removesuffix("-secrets")
        assert keys - {f"database_url_{service}"} <= known[service], name


def _settings(module: str) -> set[str]:
    fields = import_module(module).Settings.model_fields
    return {str(field.validation_alias or name).lower() for name, field in fields.items()}
