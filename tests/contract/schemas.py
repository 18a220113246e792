"""Whether a JSON schema that was published may become another: additions only (pure)."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]


def breaking_changes(
    old: Schema,
    new: Schema,
    *,
    old_root: Schema | None = None,
    new_root: Schema | None = None,
    where: str = "state",
) -> list[str]:
    """What a reader of `old` would trip over in what a publisher of `new` sends; empty when nothing.

    References are looked up in the roots; a schema is its own root unless told.
    """
    return sorted(set(_compare(old, new, old_root or old, new_root or new, where)))


def _resolve(node: Any, root: Schema) -> Any:
    while isinstance(node, dict) and "$ref" in node:
        target: Any = root
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = target
    return node


def options_of(node: Any, root: Schema) -> list[Schema]:
    """The shapes that a value may have, `anyOf` and `oneOf` opened."""
    node = _resolve(node, root)
    for choice in ("anyOf", "oneOf"):
        if choice in node:
            return [option for item in node[choice] for option in options_of(item, root)]
    return [node]


def kind_of(node: Schema) -> str:
    """What tells one shape from another: its type and format; `any` where everything goes."""
    return f"{node.get('type', 'any')}:{node['format']}" if "format" in node else str(node.get("type", "any"))


def _compare(old: Any, new: Any, old_root: Schema, new_root: Schema, where: str) -> list[str]:
    before = {kind_of(option): option for option in options_of(old, old_root)}
    after = {kind_of(option): option for option in options_of(new, new_root)}
    problems = [f"{where} may now be {kind}" for kind in after.keys() - before.keys() if "any" not in before]
    for kind in before.keys() & after.keys():
        problems += _compare_option(before[kind], after[kind], old_root, new_root, where)
    return problems


def _compare_option(old: Schema, new: Schema, old_root: Schema, new_root: Schema, where: str) -> list[str]:
    problems: list[str] = []
    if "enum" in old:
        if "enum" not in new:
            problems.append(f"{where} is no closed list any more")
        else:
            problems += [f"{where} may now be {value!r}" for value in new["enum"] if value not in old["enum"]]
    if old.get("type") == "array":
        problems += _compare(old.get("items", {}), new.get("items", {}), old_root, new_root, f"{where}[]")
    properties = new.get("properties", {})
    for name, schema in old.get("properties", {}).items():
        if name not in properties:
            problems.append(f"{where}.{name} is gone")
        else:
            problems += _compare(schema, properties[name], old_root, new_root, f"{where}.{name}")
    promised = set(old.get("required", ()))
    problems += [
        f"{where}.{name} is not promised any more"
        for name in promised - set(new.get("required", ()))
        if name in properties
    ]
    return problems
