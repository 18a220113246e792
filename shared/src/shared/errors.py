"""Refusals in the shapes that the front-ends read.

A refusal is a status and a JSON object: `{"field": ["sentence"]}` for something wrong with a field, `{"code": "…"}` where
the client branches on a code, `{"global": ["sentence"]}` for the page as a whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class ApiError(Exception):
    """Answers with `status` and `body`; the transaction of the request is rolled back."""

    def __init__(self, status: int, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status, body)
        self.status = status
        self.body = dict(body)
        self.headers = dict(headers or {})


def field_error(field: str, message: str, *, status: int = 400) -> ApiError:
    """`{"field": ["message"]}`."""
    return ApiError(status, {field: [message]})


def code_error(code: str, message: str | None = None, *, status: int = 400, **more: Any) -> ApiError:
    """`{"code": "CODE"}`, with `message` and further keys where the contract has them."""
    body: dict[str, Any] = {"code": code, **more}
    if message is not None:
        body["message"] = message
    return ApiError(status, body)


def not_found(field: str | None = None, message: str | None = None) -> ApiError:
    """`{}`, or a keyed sentence for the resources that the contract words so."""
    if field is None:
        return ApiError(404, {})
    return ApiError(404, {field: [message or "Cet élément n'existe pas."]})


def forbidden(message: str, *, field: str = "global") -> ApiError:
    return ApiError(403, {field: [message]})


def gone(field: str, message: str) -> ApiError:
    return ApiError(410, {field: [message]})


def unavailable(message: str = "Le service est momentanément indisponible.", *, retry_after: int = 5) -> ApiError:
    """503 with `Retry-After` in seconds: nothing was done, trying again is safe."""
    return ApiError(503, {"global": [message]}, {"Retry-After": str(retry_after)})
