"""Examples made from JSON schemas: valid, complete, and the same every time. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from gateway.patterns import text_matching

_DEEPEST = 8
_FORMATS = {
    "date-time": "2026-06-21T18:30:00Z",
    "date": "2026-06-21",
    "time": "18:30:00Z",
    "duration": "P1D",
    "email": "jeanne.martin@example.com",
    "idn-email": "jeanne.martin@example.com",
    "uuid": "3f0c9e9a-6f0a-4d1c-9a55-0d5a3e0c7b11",
    "uri": "https://example.com/culture",
    "url": "https://example.com/culture",
    "uri-reference": "/culture",
    "hostname": "example.com",
    "ipv4": "192.0.2.10",
    "ipv6": "2001:db8::10",
    "byte": "Y3VsdHVyZQ==",
    "decimal": "12.50",
    "regex": "^a+$",
}


class Examples:
    """Makes examples for the schemas of one document; references are looked up in it."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document

    def value(self, schema: Any, *, depth: int = 0, name: str = "texte") -> Any:
        """A value that the schema accepts. `name` is the property's, to make texts speak."""
        if schema is True or not schema:
            return {} if depth == 0 else name
        schema = self._flat(schema)
        if "const" in schema:
            return schema["const"]
        if schema.get("enum"):
            return next((value for value in schema["enum"] if value is not None), None)
        given = self._given(schema)
        if given is not None:
            return given
        options = schema.get("oneOf") or schema.get("anyOf")
        if options:
            rest = {key: value for key, value in schema.items() if key not in ("oneOf", "anyOf", "discriminator")}
            chosen = self._choose(options, depth)
            if rest.keys() & {"properties", "required", "type", "minimum", "pattern", "minLength"}:
                chosen = self._merge(rest, self._flat(chosen))
            return self.value(chosen, depth=depth, name=name)
        return self._of_type(schema, depth, name)

    def _of_type(self, schema: Mapping[str, Any], depth: int, name: str) -> Any:
        kind = schema.get("type")
        if isinstance(kind, list):
            kind = next((one for one in kind if one != "null"), "null")
        if kind is None:
            kind = _implied_type(schema)
        match kind:
            case "object":
                return self._object(schema, depth)
            case "array":
                return self._array(schema, depth, name)
            case "integer" | "number":
                return _number(schema, whole=kind == "integer")
            case "boolean":
                # The quiet answer: nothing is sold out, expired, mandatory or behind a captcha.
                return False
            case "null":
                return None
            case "string":
                return _text(schema, name)
            case _:
                return name

    def _object(self, schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
        required = set(schema.get("required", ()))
        properties: Mapping[str, Any] = schema.get("properties", {})
        made = {}
        for key, described in properties.items():
            if key in required or depth < _DEEPEST:
                made[key] = self.value(described, depth=depth + 1, name=key)
        for key in sorted(required - properties.keys()):
            made[key] = key
        extra = schema.get("additionalProperties")
        if isinstance(extra, Mapping) and not properties and depth < _DEEPEST:
            names = schema.get("propertyNames")
            key = str(self.value(names, depth=depth + 1, name="clé")) if names else "clé"
            made[key] = self.value(extra, depth=depth + 1, name=key)
        for number in range(len(made), int(schema.get("minProperties", 0))):
            made[f"clé{number}"] = self.value(extra or {}, depth=depth + 1)
        return made

    def _array(self, schema: Mapping[str, Any], depth: int, name: str) -> list[Any]:
        if "prefixItems" in schema:
            return [self.value(item, depth=depth + 1, name=name) for item in schema["prefixItems"]]
        least = int(schema.get("minItems", 0))
        count = max(least, 0 if depth >= _DEEPEST else 1)
        count = min(count, int(schema.get("maxItems", count)))
        items = schema.get("items", {})
        made: list[Any] = []
        for number in range(count):
            item = self.value(items, depth=depth + 1, name=name)
            made.append(self._varied(items, item, number) if schema.get("uniqueItems") and item in made else item)
        return made

    def _varied(self, items: Any, item: Any, number: int) -> Any:
        """Another value than the ones before, for arrays whose items must differ."""
        schema = self._flat(items)
        values = schema.get("enum")
        if values:
            return values[number % len(values)]
        if isinstance(item, bool) or item is None:
            return not item
        if isinstance(item, (int, float)):
            return item + number
        return f"{item}{number}" if isinstance(item, str) else item

    def _given(self, schema: Mapping[str, Any]) -> Any:
        """An example that the schema's author wrote. Defaults are not taken: they are often null."""
        if "example" in schema:
            return schema["example"]
        examples = schema.get("examples")
        if isinstance(examples, list) and examples:
            return examples[0]
        return None

    def _choose(self, options: list[Any], depth: int) -> Any:
        """The alternative to follow: one that is not null, but the null one when too deep."""
        flat = [self._flat(option) for option in options]
        nulls = [option for option in flat if option.get("type") == "null"]
        if depth >= _DEEPEST:
            simple = [option for option in flat if option.get("type") not in ("object", "array")]
            if nulls or simple:
                return (nulls or simple)[0]
        return next((option for option in flat if option.get("type") != "null"), flat[0])

    def _flat(self, schema: Any) -> dict[str, Any]:
        """The schema with its references and `allOf` resolved at the first level."""
        if not isinstance(schema, Mapping):
            return {}
        merged = dict(schema)
        for _ in range(20):
            if "$ref" in merged:
                target = self._lookup(merged.pop("$ref"))
                merged = self._merge(target, merged)
            elif "allOf" in merged:
                parts = merged.pop("allOf")
                for part in parts:
                    merged = self._merge(self._flat(part), merged)
            else:
                break
        return merged

    def _lookup(self, reference: str) -> dict[str, Any]:
        node: Any = self._document
        for part in reference.lstrip("#/").split("/"):
            node = node[part.replace("~1", "/").replace("~0", "~")]
        return dict(node) if isinstance(node, Mapping) else {}

    @staticmethod
    def _merge(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
        """Both schemas at once; `second` wins where they say different things."""
        merged = {**first, **second}
        if "properties" in first and "properties" in second:
            merged["properties"] = {**first["properties"], **second["properties"]}
        if "required" in first and "required" in second:
            merged["required"] = [*first["required"], *second["required"]]
        return merged


def _implied_type(schema: Mapping[str, Any]) -> str:
    if schema.keys() & {"properties", "additionalProperties", "required", "minProperties"}:
        return "object"
    if schema.keys() & {"items", "prefixItems", "minItems"}:
        return "array"
    if schema.keys() & {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}:
        return "number"
    return "string"


def _number(schema: Mapping[str, Any], *, whole: bool) -> int | float:
    step = schema.get("multipleOf") or (1 if whole else None)
    low, high = schema.get("minimum"), schema.get("maximum")
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    if above is not None and (low is None or above >= low):
        low = above + (step or (1 if below is None and high is None else 0.001))
    if below is not None and (high is None or below <= high):
        high = below - (step or 0.001)
    value: int | float = 1 if low is None else low
    if low is None and high is not None and high < value:
        value = high
    if low is not None and low < 1 and (high is None or high >= 1):
        value = 1
    if step:
        value = math.ceil(value / step) * step
        if high is not None and value > high:
            value = math.floor(high / step) * step
    return int(value) if whole else value


def _text(schema: Mapping[str, Any], name: str) -> str:
    least, most = int(schema.get("minLength", 0)), schema.get("maxLength")
    pattern = schema.get("pattern")
    if pattern:
        text = text_matching(pattern, least)
        if text is not None:
            return text
    text = _FORMATS.get(schema.get("format", "")) or _spoken(name)
    if len(text) < least:
        text += "x" * (least - len(text))
    return text[: int(most)] if most is not None else text


def _spoken(name: str) -> str:
    """A property's name as words: `firstName` reads `first name`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|_", " ", name).lower() or "texte"
