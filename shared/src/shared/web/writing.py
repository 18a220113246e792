"""Answers written straight from their model."""

from __future__ import annotations

from pydantic import BaseModel
from starlette.responses import Response


def written(model: BaseModel, status: int = 200) -> Response:
    """The answer that the framework would make of a model, for the few operations that are asked all the time.

    FastAPI checks a model again before it writes it, by way of Python objects; here pydantic writes it at once. Say
    `response_model=` beside the operation, for the document.
    """
    return Response(model.model_dump_json(by_alias=True), status, media_type="application/json")
