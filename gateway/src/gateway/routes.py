"""The routing table, built from the services' OpenAPI documents. Pure: no I/O.

Static segments win over parameters; among parameters an integer takes what looks like one, then one with a closed
list of values what is on it, then any other. `/{booking_id}` (integer) and `/{status}` (list) so live side by side.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from gateway.rates import Rate, rate_of_extension

METHODS = ("get", "head", "post", "put", "patch", "delete", "options")

SURFACES = ("native", "pro", "public")

Kind = Literal["integer", "choice", "any", "rest"]
_PARAMETER = re.compile(r"\{([^{}:]+)(?::[a-z]+)?\}")
_INTEGER = re.compile(r"-?[0-9]+")
# A segment that a service could read as more than one, or as the way up.
_UNSAFE = re.compile(r"%2f|%5c|%00|\\|^(?:\.|%2e){1,2}$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of a service, and what the gateway must know of it. Seconds and bytes; None means the default."""

    service: str
    surface: str
    method: str
    path: str
    operation_id: str = ""
    secured: bool = False
    rate: Rate | None = None
    timeout: float | None = None
    max_body: int | None = None
    composition: str | None = None

    @property
    def key(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True)
class Conflict:
    """An operation that two services claim: `kept` has it, `refused` does not."""

    method: str
    path: str
    kept: str
    refused: str


@dataclass(slots=True)
class _Node:
    static: dict[str, _Node] = field(default_factory=dict)
    integer: _Node | None = None
    choices: dict[frozenset[str], _Node] = field(default_factory=dict)
    any: _Node | None = None
    rest: _Node | None = None
    operations: dict[str, Operation] = field(default_factory=dict)

    def child(self, segment: str, kind: Kind | None, values: frozenset[str]) -> _Node:
        """The node below for a static segment (`kind` None) or a parameter; made when missing."""
        if kind is None:
            return self.static.setdefault(segment, _Node())
        if kind == "choice":
            return self.choices.setdefault(values, _Node())
        node: _Node | None = getattr(self, kind)
        if node is None:
            node = _Node()
            setattr(self, kind, node)
        return node

    def candidates(self, segment: str) -> list[_Node]:
        """The nodes below that a segment may lead to, best first.

        A segment that fits no parameter still leads to the widest one: the service then says what is wrong.
        """
        found = []
        if (static := self.static.get(segment)) is not None:
            found.append(static)
        if not segment or _UNSAFE.search(segment):
            return found
        others = []
        if self.integer is not None:
            (found if _INTEGER.fullmatch(segment) else others).append(self.integer)
        for values, node in self.choices.items():
            (found if segment in values else others).append(node)
        if self.any is not None:
            found.append(self.any)
        return found + others[::-1]


class RouteTable:
    """Finds the operations of a path."""

    def __init__(self) -> None:
        self._root = _Node()
        self._fixed: dict[str, dict[str, Operation]] = {}
        self.operations: list[Operation] = []
        self.conflicts: list[Conflict] = []

    def add(self, operation: Operation, parameters: Mapping[str, Mapping[str, Any]]) -> None:
        """Add an operation; `parameters` are the schemas of its path parameters by name."""
        node = self._root
        fixed = True
        for segment in operation.path.split("/")[1:]:
            names = _PARAMETER.findall(segment)
            if not names:
                node = node.child(segment, None, frozenset())
                continue
            fixed = False
            # A segment with text around its parameter is matched as any text.
            kind, values = (
                _kind(parameters.get(names[0], {})) if _PARAMETER.fullmatch(segment) else ("any", frozenset())
            )
            node = node.child(segment, kind, values)
        owner = node.operations.get(operation.method)
        if owner is not None:
            if owner.service != operation.service:
                self.conflicts.append(Conflict(operation.method, operation.path, owner.service, operation.service))
            return
        node.operations[operation.method] = operation
        self.operations.append(operation)
        if fixed:
            self._fixed[operation.path] = node.operations

    def find(self, path: str) -> dict[str, Operation]:
        """The operations of a raw path by method; empty when no service knows the path."""
        fixed = self._fixed.get(path)
        if fixed is not None:
            return fixed
        if not path.startswith("/"):
            return {}
        return self._descend(self._root, path.split("/")[1:], 0)

    def _descend(self, node: _Node, segments: list[str], index: int) -> dict[str, Operation]:
        if index == len(segments):
            return node.operations
        for child in node.candidates(segments[index]):
            found = self._descend(child, segments, index + 1)
            if found:
                return found
        if node.rest is not None and not any(not part or _UNSAFE.search(part) for part in segments[index:]):
            return node.rest.operations
        return {}


def _kind(schema: Mapping[str, Any]) -> tuple[Kind, frozenset[str]]:
    if schema.get("type") == "integer":
        return "integer", frozenset()
    if schema.get("format") == "path":
        return "rest", frozenset()
    values = schema.get("enum")
    if values is None and "const" in schema:
        values = [schema["const"]]
    if values:
        return "choice", frozenset(str(value) for value in values)
    return "any", frozenset()


def _resolved(document: Mapping[str, Any], node: Any) -> Any:
    for _ in range(20):
        if not isinstance(node, Mapping) or "$ref" not in node:
            break
        target: Any = document
        for part in str(node["$ref"]).lstrip("#/").split("/"):
            target = target.get(part.replace("~1", "/").replace("~0", "~"), {})
        node = target
    return node


def operations_of(service: str, document: Mapping[str, Any]) -> list[tuple[Operation, dict[str, Mapping[str, Any]]]]:
    """The operations that a service offers to the outside, with the schemas of their path parameters.

    An operation without one of the outer surfaces, and everything below `/internal`, stays inside.
    """
    found = []
    for path, item in document.get("paths", {}).items():
        if path == "/internal" or path.startswith("/internal/"):
            continue
        for method in METHODS:
            description = item.get(method)
            if not description or description.get("x-surface") not in SURFACES:
                continue
            schemas: dict[str, Mapping[str, Any]] = {}
            for raw in [*item.get("parameters", []), *description.get("parameters", [])]:
                parameter = _resolved(document, raw)
                if parameter.get("in") == "path":
                    schemas[parameter["name"]] = _resolved(document, parameter.get("schema", {}))
            operation = Operation(
                service=service,
                surface=description["x-surface"],
                method=method.upper(),
                path=path,
                operation_id=description.get("operationId", ""),
                secured=bool(description.get("security", document.get("security"))),
                rate=rate_of_extension(description.get("x-rate-limit")),
                timeout=_number(description.get("x-timeout")),
                max_body=int(description["x-max-body"]) if description.get("x-max-body") is not None else None,
                composition=description.get("x-composition"),
            )
            found.append((operation, schemas))
    return found


def _number(value: Any) -> float | None:
    return float(value) if value is not None else None


def build(documents: Mapping[str, Mapping[str, Any]], owners: Mapping[str, str] | None = None) -> RouteTable:
    """The table of all services' documents.

    `owners` says which service had an operation (its `key`) before: it keeps it, whoever claims it now. Otherwise
    the first service in the order of `documents` has it.
    """
    table = RouteTable()
    later = []
    for service, document in documents.items():
        for operation, schemas in operations_of(service, document):
            if owners is not None and owners.get(operation.key, service) != service:
                later.append((operation, schemas))
            else:
                table.add(operation, schemas)
    for operation, schemas in later:
        table.add(operation, schemas)
    return table
