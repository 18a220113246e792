"""`/mock/<surface>/…`: every operation of a surface, answered with an example that its document allows."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from gateway.answers import NOT_FOUND, Answer, method_not_allowed
from gateway.examples import Examples
from gateway.routes import Operation, RouteTable, build

_PREFERENCE = re.compile(rb"code\s*=\s*(\d{3})")
_PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)
_PAGE = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
)


class Mocks:
    """The mock server of one surface, made from its published document."""

    def __init__(self, surface: str, document: Mapping[str, Any]) -> None:
        self._surface = surface
        self._document = document
        self._examples = Examples(document)
        self._table = _table(surface, document)
        self._made: dict[tuple[str, int | None], Answer] = {}

    def answer(self, method: str, path: str, prefer: bytes | None = None) -> Answer:
        """The answer to a request; `path` is what follows `/mock/<surface>`, with or without the surface's prefix.

        `prefer` is the header `Prefer: code=404`: an answer of that status, where the operation declares one.
        """
        operations = self._table.find(path) or self._table.find(f"/{self._surface}{path}")
        if not operations:
            return NOT_FOUND
        operation = operations.get(method) or (operations.get("GET") if method == "HEAD" else None)
        if operation is None:
            return method_not_allowed(list(operations))
        wished = _PREFERENCE.search(prefer) if prefer else None
        status = int(wished[1]) if wished else None
        key = (operation.key, status)
        made = self._made.get(key)
        if made is None:
            made = self._made[key] = self._make(operation, status)
        return made

    def _make(self, operation: Operation, wished: int | None) -> Answer:
        described = self._document["paths"][operation.path][operation.method.lower()]
        responses: Mapping[str, Any] = described.get("responses", {})
        status = wished if wished is not None and str(wished) in responses else success_status(responses)
        response = responses.get(str(status)) or responses.get("2XX") or responses.get("default") or {}
        content: Mapping[str, Any] = response.get("content") or {}
        if not content or status in (204, 304):
            return Answer(status, b"", ())
        media_type = "application/json" if "application/json" in content else next(iter(content))
        body = self._body(media_type, content[media_type])
        return Answer(status, body, ((b"content-type", media_type.encode()),))

    def _body(self, media_type: str, described: Mapping[str, Any]) -> bytes:
        if media_type == "application/json" or media_type.endswith("+json"):
            return json.dumps(json_example(self._examples, described), ensure_ascii=False).encode()
        if media_type == "application/pdf":
            return _PAGE
        if media_type.startswith("image/"):
            return _PIXEL
        return b"exemple\n"


def success_status(responses: Mapping[str, Any]) -> int:
    """The status that an operation answers when all goes well."""
    codes = sorted(int(code) for code in responses if code.isdigit() and code.startswith("2"))
    return codes[0] if codes else 200


def json_example(examples: Examples, described: Mapping[str, Any]) -> Any:
    """An example of a media type: the one given for it, else one made from its schema."""
    if "example" in described:
        return described["example"]
    for named in (described.get("examples") or {}).values():
        if isinstance(named, Mapping) and "value" in named:
            return named["value"]
    return examples.value(described.get("schema", {}))


def _table(surface: str, document: Mapping[str, Any]) -> RouteTable:
    """Routes of a published document, whose operations no longer name their surface."""
    paths = {
        path: {
            key: {**value, "x-surface": surface} if isinstance(value, Mapping) else value for key, value in item.items()
        }
        for path, item in document["paths"].items()
    }
    return build({surface: {**document, "paths": paths}})
