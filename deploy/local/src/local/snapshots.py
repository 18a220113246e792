"""Snapshots of what others rely on: the OpenAPI document of each surface and the schemas of published events.

They are derived from the code alone, without servers. CI compares them with what is committed, so that a change of a
contract is seen in review.
"""

import importlib
import json
import re
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from local import asyncapi, capacity, charts, observability, settings_page
from local.errors import LocalError
from local.paths import ROOT, SNAPSHOTS, relative
from local.run import capture
from local.topology import SERVICES

SURFACES = ("native", "pro", "public")
CAPABILITIES = SNAPSHOTS / "operations.json"
OPERATIONS_PAGE = ROOT / "docs" / "operations-by-service.md"


def expected() -> dict[Path, str]:
    """Every snapshot file and the text that it should hold."""
    services = _service_documents()
    _refuse_conflicts(services)
    documents = _surface_documents(services)
    files = {SNAPSHOTS / "openapi" / f"{surface}.json": documents[surface] for surface in SURFACES}
    files |= {SNAPSHOTS / "events" / f"{context}.json": _events(context) for context in SERVICES}
    texts = {
        path: json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True) + "\n" for path, value in files.items()
    }
    return {
        **texts,
        OPERATIONS_PAGE: _operations_page(services),
        **observability.expected(),
        **charts.expected(),
        **settings_page.expected(),
        **asyncapi.expected(),
        **capacity.expected(),
    }


def stale(files: dict[Path, str]) -> list[Path]:
    """The snapshots that are missing or differ."""
    return [path for path, text in files.items() if not path.is_file() or path.read_text(encoding="utf-8") != text]


def write(files: dict[Path, str]) -> None:
    """Write them all."""
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def _service_documents() -> dict[str, dict[str, Any]]:
    with ThreadPoolExecutor(2) as pool:
        return dict(zip(SERVICES, pool.map(_service_document, SERVICES), strict=True))


def _service_document(service: str) -> dict[str, Any]:
    status, output, errors = capture([sys.executable, "-m", service, "openapi"])
    if status != 0:
        raise LocalError(f"`python -m {service} openapi` failed with {status}:\n{errors.strip()[-3000:]}")
    document: dict[str, Any] = json.loads(output)
    return document


def _surface_documents(documents: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """One document a surface, merged by the gateway's own code."""
    from gateway.documents import surface_document

    return {surface: surface_document(surface, documents) for surface in SURFACES}


def _refuse_conflicts(documents: dict[str, dict[str, Any]]) -> None:
    """The gateway refuses an operation that two services claim; so do we, before anything is running."""
    owners: dict[tuple[str, str], str] = {}
    for service, document in documents.items():
        for path, item in document.get("paths", {}).items():
            for method, operation in item.items():
                if not isinstance(operation, dict) or operation.get("x-surface") not in SURFACES:
                    continue
                owner = owners.setdefault((path, method), service)
                if owner != service:
                    raise LocalError(f"Both {owner} and {service} claim {method.upper()} {path}.")


def _operations_page(documents: dict[str, dict[str, Any]]) -> str:
    """Which service serves which operation of which surface, and whose contract it must conform to, for people."""
    lines = [
        "# Operations by service",
        "",
        "Written by `./pc openapi` from the services' OpenAPI documents; the gateway routes by the same. The last column",
        "names the front-ends' contracts that an operation is held to (`tests/contract/operations.json`): `native-app` is",
        "the app's own, `native` the older one, for what the app no longer calls.",
    ]
    contracts = _contracts()
    for surface in SURFACES:
        lines += ["", f"## {surface}", "", "| operation | service | contracts |", "| --- | --- | --- |"]
        lines += [
            f"| `{method.upper()} {path}` | {service} | {', '.join(contracts(surface, f'{method.upper()} {path}'))} |"
            for path, method, service in sorted(
                (path, method, service)
                for service, document in documents.items()
                for path, item in document.get("paths", {}).items()
                for method, operation in item.items()
                if isinstance(operation, dict) and operation.get("x-surface") == surface
            )
        ]
    return "\n".join(lines) + "\n"


def _contracts() -> Callable[[str, str], list[str]]:
    """The contracts that hold an operation of a surface, by the expressions of the capabilities."""
    capabilities = json.loads(CAPABILITIES.read_text(encoding="utf-8"))
    expressions: dict[str, list[str]] = {}
    for name, expected in capabilities.items():
        if not name.startswith("_"):
            for contract, operations in expected.items():
                expressions.setdefault(contract, []).extend(operations)
    patterns = {
        contract: re.compile("|".join(f"(?:{_unnamed(expression)})" for expression in operations))
        for contract, operations in expressions.items()
    }

    def of(surface: str, operation: str) -> list[str]:
        asked = _unnamed(operation)
        return [
            contract
            for contract, pattern in sorted(patterns.items())
            if contract.partition("-")[0] == surface and pattern.fullmatch(asked)
        ]

    return of


def _unnamed(text: str) -> str:
    """Names of path parameters do not matter."""
    return re.sub(r"\{\w+\}", "<>", text)


def _events(context: str) -> dict[str, Any]:
    """The aggregates that a context publishes: stream, facts, version, schema of the state."""
    from shared.events.envelope import Aggregate

    module = importlib.import_module(f"shared.events.{context}")
    aggregates = [value for value in vars(module).values() if isinstance(value, Aggregate)]
    return {
        aggregate.stream: {
            "facts": sorted(aggregate.facts),
            "schema_version": aggregate.schema_version,
            "state": aggregate.state.model_json_schema(mode="serialization"),
        }
        for aggregate in aggregates
        if aggregate.context == context
    }


def differences(files: dict[Path, str]) -> list[str]:
    """A sentence for each stale snapshot."""
    return [
        f"{relative(path)} is {'stale' if path.is_file() else 'missing'}: run ./pc openapi and commit it."
        for path in stale(files)
    ]
