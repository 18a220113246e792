"""The header of the app's face, and how its answers are told."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Header
from starlette.responses import JSONResponse

from bookings.idempotency.keys import Answer
from shared.errors import ApiError, code_error
from shared.web.routers import ErrorBody

IdempotencyKeyHeader = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        pattern=r"^[!-~][ -~]*$",
        description="A value of the caller's choice: the same request sent again with it gives the first answer again.",
    ),
]

RESPONSES: dict[int | str, dict[str, Any]] = {
    409: {"model": ErrorBody, "description": "The first request with this key is still being decided"},
    422: {"model": ErrorBody, "description": "This key was given to another request"},
}


def busy() -> ApiError:
    """The first request is still being decided; `Retry-After` in seconds."""
    error = code_error("IDEMPOTENCY_KEY_IN_PROGRESS", status=409)
    error.headers["Retry-After"] = "1"
    return error


def reused() -> ApiError:
    return code_error("IDEMPOTENCY_KEY_REUSED", status=422)


def told(answer: Answer) -> JSONResponse:
    """A kept answer, as it was told the first time."""
    return JSONResponse(answer.body, answer.status)
