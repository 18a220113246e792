"""Requests that an OpenAPI document allows, with the ids of real objects where a name says so."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from shared import clock

Json = dict[str, Any]


@dataclass(frozen=True)
class Operation:
    """One operation of a service's document."""

    method: str
    path: str
    spec: Json
    components: Json = field(repr=False)

    @property
    def id(self) -> str:
        return self.spec["operationId"]

    @property
    def surface(self) -> str:
        return self.spec["x-surface"]

    @property
    def access(self) -> dict[str, Any] | None:
        return self.spec.get("x-access")

    @property
    def schemes(self) -> set[str]:
        return {name for scheme in self.spec.get("security", ()) for name in scheme}

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def operations_of(document: Json) -> list[Operation]:
    """Every operation of a document that is part of a surface."""
    components = document.get("components", {}).get("schemas", {})
    return [
        Operation(method.upper(), path, spec, components)
        for path, item in document["paths"].items()
        for method, spec in item.items()
        if "x-surface" in spec
    ]


def example(schema: Json, components: Json, values: Json, name: str = "") -> Any:
    """A small value of the schema. What `values` has by the property's name is taken from there."""
    if name in values:
        return values[name]
    if "$ref" in schema:
        return example(components[schema["$ref"].rsplit("/", 1)[-1]], components, values)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    for choice in ("anyOf", "oneOf", "allOf"):
        if choice in schema:
            first = next((item for item in schema[choice] if item.get("type") != "null"), {"type": "null"})
            return example(first, components, values)
    kind = schema.get("type")
    if kind == "object":
        required = set(schema.get("required", ()))
        properties = schema.get("properties", {})
        wanted = [key for key in properties if key in required or key in values]
        return {key: example(properties[key], components, values, key) for key in wanted}
    if kind == "array":
        return [example(schema["items"], components, values)] if schema.get("minItems") else []
    return _scalar(schema)


def _scalar(schema: Json) -> Any:
    kind, shape = schema.get("type"), schema.get("format")
    if kind == "boolean":
        return False
    if kind in ("integer", "number"):
        return schema.get("minimum", 1)
    if kind != "string":
        return None
    moment = clock.now() + timedelta(days=10)
    if shape == "date-time":
        return moment.replace(microsecond=0).isoformat().replace("+00:00", "Z")
    if shape == "date":
        return moment.date().isoformat()
    return {"email": "quelquun@example.com", "uri": "https://example.com/"}.get(
        shape or "", "x" * schema.get("minLength", 1)
    )


def request_of(operation: Operation, values: Json) -> Json:
    """Arguments for `httpx`: method, url, parameters, body. `values` are real ids and words by their names."""
    path, query = operation.path, {}
    for parameter in operation.spec.get("parameters", ()):
        name, place = parameter["name"], parameter["in"]
        if place == "path":
            value = example(parameter["schema"], operation.components, values, name)
            path = path.replace("{" + name + "}", quote(str(value), safe=""))
        elif place == "query" and (parameter.get("required") or name in values):
            query[name] = example(parameter["schema"], operation.components, values, name)
    request: Json = {"method": operation.method, "url": path, "params": query}
    content = operation.spec.get("requestBody", {}).get("content", {})
    for media, described in content.items():
        body = example(described["schema"], operation.components, values)
        if media == "application/json":
            request["json"] = body
        elif media == "multipart/form-data":
            request["data"] = {key: value for key, value in body.items() if not isinstance(value, bytes)}
            request["files"] = {key: ("image.png", value) for key, value in body.items() if isinstance(value, bytes)}
        else:
            request["data"] = body
        break
    return request
