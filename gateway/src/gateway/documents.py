"""One OpenAPI document a surface, made of the services' documents. Pure, and the same whatever the order of arrival."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from gateway.routes import METHODS

Document = dict[str, Any]

_SCHEMAS = "#/components/schemas/"
# What only the gateway needs to know.
_PRIVATE = ("x-surface", "x-composition", "x-timeout", "x-max-body")

_INFO: dict[str, dict[str, str]] = {
    "native": {
        "title": "pass Culture : API de l'application",
        "version": "1",
        "description": "Ce que l'application des jeunes appelle. Authentification par jeton d'accès.",
    },
    "pro": {
        "title": "pass Culture : API du portail des partenaires",
        "version": "1",
        "description": "Ce que le portail des partenaires culturels appelle. Authentification par cookie de session.",
    },
    "public": {
        "title": "pass Culture : API publique",
        "version": "1",
        "description": "Ce que les logiciels des partenaires appellent. Authentification par clé d'API.",
    },
}
_SECURITY: dict[str, dict[str, dict[str, str]]] = {
    "native": {"JWTAuth": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
    "pro": {"SessionAuth": {"type": "apiKey", "in": "cookie", "name": "session"}},
    "public": {"ApiKeyAuth": {"type": "http", "scheme": "bearer", "description": "Clé d'API remise par pass Culture"}},
}


def surface_document(surface: str, documents: Mapping[str, Mapping[str, Any]]) -> Document:
    """The document of one surface.

    `documents` are the services' own, by service; of an operation that two claim the first one's counts. A schema
    name that services share stays as it is when they mean the same, else all but the first are prefixed with their
    service. Only schemas in use are kept; paths, methods and schemas are sorted.
    """
    paths: dict[str, dict[str, Any]] = {}
    used: dict[str, set[str]] = {}
    chosen: list[tuple[str, str, str, Mapping[str, Any], list[Any]]] = []
    claimed: set[tuple[str, str]] = set()
    for service, document in documents.items():
        for path, item in document.get("paths", {}).items():
            for method in METHODS:
                operation = item.get(method)
                if not operation or operation.get("x-surface") != surface or (path, method) in claimed:
                    continue
                claimed.add((path, method))
                chosen.append((service, path, method, operation, item.get("parameters", [])))
                used.setdefault(service, set()).update(_closure(document, (operation, item.get("parameters", []))))
    names = _names(documents, used)
    for service, path, method, operation, common in chosen:
        renamed = names[service]
        written = {key: _renamed(value, renamed) for key, value in operation.items() if key not in _PRIVATE}
        if common:
            written["parameters"] = [*_renamed(common, renamed), *written.get("parameters", [])]
        paths.setdefault(path, {})[method] = written
    schemas: dict[str, Any] = {}
    for service, renamed in names.items():
        for old, new in renamed.items():
            if new not in schemas:
                schemas[new] = _renamed(documents[service]["components"]["schemas"][old], renamed)
    return {
        "openapi": "3.1.0",
        "info": dict(_INFO[surface]),
        "paths": {
            path: {method: paths[path][method] for method in METHODS if method in paths[path]} for path in sorted(paths)
        },
        "components": {
            "schemas": {name: schemas[name] for name in sorted(schemas)},
            "securitySchemes": {name: dict(scheme) for name, scheme in _SECURITY[surface].items()},
        },
    }


def _names(documents: Mapping[str, Mapping[str, Any]], used: Mapping[str, set[str]]) -> dict[str, dict[str, str]]:
    """For each service, under what name each of its schemas goes out."""
    names: dict[str, dict[str, str]] = {}
    taken: dict[str, str] = {}
    for service in documents:
        if service not in used:
            continue
        names[service] = {}
        schemas = documents[service].get("components", {}).get("schemas", {})
        for name in sorted(used[service]):
            meaning = _meaning(schemas, name, ())
            candidates = _candidates(service, name)
            new = next(candidate for candidate in candidates if taken.get(candidate, meaning) == meaning)
            taken[new] = meaning
            names[service][name] = new
    return names


def _candidates(service: str, name: str) -> Iterator[str]:
    yield name
    prefixed = f"{service.capitalize()}{name}"
    yield prefixed
    number = 2
    while True:
        yield f"{prefixed}{number}"
        number += 1


def _meaning(schemas: Mapping[str, Any], name: str, above: tuple[str, ...]) -> str:
    """A digest of a schema with all that it refers to: two schemas are the same when theirs are."""
    if name in above:
        return f"above:{len(above) - above.index(name)}"
    here = (*above, name)

    def expand(node: Any) -> Any:
        if isinstance(node, Mapping):
            reference = node.get("$ref")
            if isinstance(reference, str) and reference.startswith(_SCHEMAS):
                rest = {key: expand(value) for key, value in node.items() if key != "$ref"}
                return {**rest, "$ref": _meaning(schemas, reference.removeprefix(_SCHEMAS), here)}
            return {key: expand(value) for key, value in node.items()}
        if isinstance(node, list):
            return [expand(value) for value in node]
        return node

    text = json.dumps([name, expand(schemas.get(name, {}))], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, Mapping):
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, (list, tuple)):
        for value in node:
            yield from _references(value)
    elif isinstance(node, str) and node.startswith(_SCHEMAS):
        yield node.removeprefix(_SCHEMAS)


def _closure(document: Mapping[str, Any], node: Any) -> set[str]:
    """The names of all schemas that a node needs."""
    schemas = document.get("components", {}).get("schemas", {})
    found: set[str] = set()
    waiting = list(_references(node))
    while waiting:
        name = waiting.pop()
        if name not in found and name in schemas:
            found.add(name)
            waiting.extend(_references(schemas[name]))
    return found


def _renamed(node: Any, names: Mapping[str, str]) -> Any:
    """A copy with the references (in `$ref` and in discriminators) under the new names."""
    if isinstance(node, Mapping):
        return {key: _renamed(value, names) for key, value in node.items()}
    if isinstance(node, list):
        return [_renamed(value, names) for value in node]
    if isinstance(node, str) and node.startswith(_SCHEMAS):
        name = node.removeprefix(_SCHEMAS)
        return _SCHEMAS + names.get(name, name)
    return node
