"""Whether an OpenAPI document may take the place of another: every client of the old one must go on working (pure).

What is answered may gain fields and lose values; what is sent may gain optional fields and more values. `schemas` holds the
first direction, this module the second and the walk over operations.
"""

from __future__ import annotations

from typing import Any

from tests.contract.schemas import breaking_changes, kind_of, options_of

Schema = dict[str, Any]
METHODS = ("get", "put", "post", "delete", "patch", "head", "options")
# Bounds, and which way is narrower.
_SMALLER = ("maxLength", "maximum", "exclusiveMaximum", "maxItems")
_LARGER = ("minLength", "minimum", "exclusiveMinimum", "minItems")


def broken_clients(old: Schema, new: Schema) -> list[str]:
    """What clients of `old` would trip over; empty when nothing."""
    problems: list[str] = []
    for path, item in old["paths"].items():
        for method, before in _operations(item):
            name = f"{method.upper()} {path}"
            after = new["paths"].get(path, {}).get(method)
            if after is None:
                problems.append(f"{name} is gone")
            else:
                problems += [f"{name}: {problem}" for problem in _operation(before, after, old, new)]
    return sorted(set(problems))


def _operations(item: Schema) -> list[tuple[str, Schema]]:
    return [(method, item[method]) for method in METHODS if method in item]


def _operation(before: Schema, after: Schema, old: Schema, new: Schema) -> list[str]:
    problems = _parameters(before, after, old, new)
    asked, wanted = _body(before), _body(after)
    if asked is not None and wanted is not None:
        problems += refused_requests(asked, wanted, old, new, "body")
    if after.get("requestBody", {}).get("required") and not before.get("requestBody", {}).get("required"):
        problems.append("a body is required now")
    for status, answer in before.get("responses", {}).items():
        if not status.startswith("2"):
            continue
        then = after.get("responses", {}).get(status)
        if then is None:
            problems.append(f"{status} is not answered any more")
            continue
        for media, content in answer.get("content", {}).items():
            offered = then.get("content", {}).get(media)
            if offered is None:
                problems.append(f"{status} is no {media} any more")
            elif "schema" in content:
                problems += [
                    f"{status} {problem}"
                    for problem in breaking_changes(
                        content["schema"], offered.get("schema", {}), old_root=old, new_root=new, where="answer"
                    )
                ]
    return problems


def _body(operation: Schema) -> Schema | None:
    content = operation.get("requestBody", {}).get("content", {})
    return next((media["schema"] for media in content.values() if "schema" in media), None)


def _parameters(before: Schema, after: Schema, old: Schema, new: Schema) -> list[str]:
    problems = []
    known = {(item["in"], item["name"]): item for item in before.get("parameters", ())}
    now = {(item["in"], item["name"]): item for item in after.get("parameters", ())}
    for place, item in now.items():
        former = known.get(place)
        if (former is None or not former.get("required")) and item.get("required"):
            problems.append(f"{item['name']} is required now")
        if former is not None:
            problems += refused_requests(former.get("schema", {}), item.get("schema", {}), old, new, item["name"])
    # A parameter that is not read any more does no harm to whoever sends it.
    return problems


def refused_requests(old: Any, new: Any, old_root: Schema, new_root: Schema, where: str) -> list[str]:
    """What a client that sends `old` would be refused for under `new`."""
    before = {kind_of(option): option for option in options_of(old, old_root)}
    after = {kind_of(option): option for option in options_of(new, new_root)}
    if "any" in after:
        return []
    problems = []
    for kind, sent in before.items():
        if kind not in after:
            # A plain string may well be refused where a date is asked for now; a number stands for an integer.
            if not (kind == "integer" and "number" in after):
                problems.append(f"{where} may not be {kind} any more")
            continue
        problems += _refused_option(sent, after[kind], old_root, new_root, where)
    return problems


def _refused_option(old: Schema, new: Schema, old_root: Schema, new_root: Schema, where: str) -> list[str]:
    problems = []
    if "enum" in new:
        if "enum" not in old:
            problems.append(f"{where} is a closed list now")
        else:
            problems += [f"{where} may not be {value!r} any more" for value in old["enum"] if value not in new["enum"]]
    for bound in _SMALLER:
        if bound in new and new[bound] < old.get(bound, float("inf")):
            problems.append(f"{where}: {bound} is narrower")
    for bound in _LARGER:
        if bound in new and new[bound] > old.get(bound, float("-inf")):
            problems.append(f"{where}: {bound} is narrower")
    if "pattern" in new and new["pattern"] != old.get("pattern"):
        problems.append(f"{where}: another pattern is asked for")
    if old.get("type") == "array":
        problems += refused_requests(old.get("items", {}), new.get("items", {}), old_root, new_root, f"{where}[]")
    required = set(new.get("required", ())) - set(old.get("required", ()))
    problems += [f"{where}.{name} is required now" for name in required]
    properties = new.get("properties", {})
    for name, schema in old.get("properties", {}).items():
        if name in properties:
            problems += refused_requests(schema, properties[name], old_root, new_root, f"{where}.{name}")
        elif new.get("additionalProperties") is False:
            problems.append(f"{where}.{name} is refused now")
    return problems
