"""Checks answers against our committed OpenAPI documents."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import httpx
from jsonschema import Draft202012Validator

SNAPSHOTS = Path(__file__).parents[1] / "contract" / "openapi"


class Surfaces:
    """The operations of every surface, by path."""

    def __init__(self) -> None:
        self._documents: dict[str, dict[str, Any]] = {
            path.stem: json.loads(path.read_text()) for path in SNAPSHOTS.glob("*.json")
        }
        self._patterns = {
            surface: [
                (_pattern(path, item), item) for path, item in sorted(document["paths"].items(), key=_static_first)
            ]
            for surface, document in self._documents.items()
        }
        self._validator = cache(self._make_validator)

    def check(self, surface: str, method: str, path: str, answer: httpx.Response) -> None:
        """The status is declared and a JSON body is what the document says. Paths that nobody declares are not checked."""
        item = next((item for pattern, item in self._patterns[surface] if pattern.fullmatch(path.split("?")[0])), None)
        operation = (item or {}).get(method.lower())
        if operation is None:
            return
        status = str(answer.status_code)
        declared = operation["responses"]
        assert status in declared or status in ("405", "413"), (
            f"{method} {path} answers {status}, which is not declared"
        )
        content = declared.get(status, {}).get("content", {}).get("application/json")
        if content and answer.headers.get("content-type", "").startswith("application/json"):
            validator = self._validator(surface, json.dumps(content["schema"], sort_keys=True))
            errors = [f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(answer.json())]
            assert not errors, f"{method} {path} {status}: {errors[:5]}"

    def _make_validator(self, surface: str, schema: str) -> Draft202012Validator:
        document = self._documents[surface]
        return Draft202012Validator({**json.loads(schema), "components": document["components"]})


def _pattern(path: str, item: dict[str, Any]) -> re.Pattern[str]:
    """What the path matches: digits where every operation wants an integer, any segment elsewhere."""
    integers = {
        parameter["name"]
        for operation in item.values()
        for parameter in operation.get("parameters", ())
        if parameter["in"] == "path" and parameter.get("schema", {}).get("type") == "integer"
    }
    return re.compile(
        re.sub(r"\\\{([^}]*)\\\}", lambda match: r"-?\d+" if match[1] in integers else "[^/]+", re.escape(path))
    )


def _static_first(entry: tuple[str, Any]) -> tuple[int, str]:
    return entry[0].count("{"), entry[0]
