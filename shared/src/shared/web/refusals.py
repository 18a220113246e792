"""Every way a request can fail, in the contracts' shapes."""

from __future__ import annotations

from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from psycopg import errors as pg
from psycopg_pool import PoolTimeout
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as SqlTimeout
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from shared.errors import ApiError

log = structlog.get_logger(__name__)

_SENTENCES = {
    "missing": "Ce champ est obligatoire",
    "extra_forbidden": "Ce champ n'est pas attendu",
    "int_parsing": "Un nombre entier est attendu",
    "int_type": "Un nombre entier est attendu",
    "int_from_float": "Un nombre entier est attendu",
    "int_parsing_size": "Ce nombre est trop grand",
    "float_parsing": "Un nombre est attendu",
    "float_type": "Un nombre est attendu",
    "decimal_parsing": "Un nombre est attendu",
    "decimal_type": "Un nombre est attendu",
    "finite_number": "Un nombre est attendu",
    "bool_parsing": "Une valeur vraie ou fausse est attendue",
    "bool_type": "Une valeur vraie ou fausse est attendue",
    "string_type": "Un texte est attendu",
    "list_type": "Une liste est attendue",
    "dict_type": "Un objet est attendu",
    "model_type": "Un objet est attendu",
    "model_attributes_type": "Un objet est attendu",
    "json_invalid": "Le corps de la requête n'est pas du JSON valide",
    "enum": "Cette valeur n'est pas acceptée",
    "literal_error": "Cette valeur n'est pas acceptée",
    "greater_than": "Ce nombre est trop petit",
    "greater_than_equal": "Ce nombre est trop petit",
    "less_than": "Ce nombre est trop grand",
    "less_than_equal": "Ce nombre est trop grand",
    "string_too_short": "Ce texte est trop court",
    "string_too_long": "Ce texte est trop long",
    "string_pattern_mismatch": "Le format de ce champ est invalide",
    "too_short": "Cette liste est trop courte",
    "too_long": "Cette liste est trop longue",
}
_UNREACHABLE = {"Retry-After": "5"}
# Lock and statement timeouts, deadlocks, a server that is restarting: nothing was written, trying again is safe.
_TRANSIENT = (
    pg.LockNotAvailable,
    pg.QueryCanceled,
    pg.DeadlockDetected,
    pg.SerializationFailure,
    pg.OperationalError,
    pg.IdleInTransactionSessionTimeout,
    PoolTimeout,
)


def _field(location: tuple[Any, ...]) -> str:
    """The dotted path inside the body or query; `__root__` when the whole of it is wrong."""
    parts = [str(part) for part in location[1:]]
    return ".".join(parts) or "__root__"


def _sentence(error: dict[str, Any]) -> str:
    kind = error["type"]
    if kind.startswith(("datetime", "date_", "time_")):
        return "Le format de date est invalide"
    if kind == "value_error":
        cause = (error.get("ctx") or {}).get("error")
        return str(cause) if cause else "Cette valeur est invalide"
    return _SENTENCES.get(kind, "Cette valeur est invalide")


def validation_body(errors: list[dict[str, Any]]) -> dict[str, list[str]]:
    body: dict[str, list[str]] = {}
    for error in errors:
        location = tuple(error["loc"])
        # Positions in a malformed JSON text are no field.
        field = "__root__" if error["type"] == "json_invalid" else _field(location)
        body.setdefault(field, []).append(_sentence(error))
    return body


def is_transient(error: BaseException) -> bool:
    """Whether a failure is of the moment (database away, locks, full pools), so that 503 is the truth."""
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or isinstance(error.orig, _TRANSIENT)
    return isinstance(error, (*_TRANSIENT, SqlTimeout))


async def _api_error(_request: Request, error: ApiError) -> Response:
    return JSONResponse(error.body, error.status, error.headers)


async def _validation_error(request: Request, error: RequestValidationError) -> Response:
    errors = list(error.errors())
    # A path that names no possible object is an unknown object.
    if errors and all(item["loc"] and item["loc"][0] == "path" for item in errors):
        return JSONResponse({}, 404)
    return JSONResponse(validation_body(errors), 400)


async def _http_exception(_request: Request, error: HTTPException) -> Response:
    headers = dict(error.headers or {})
    if error.status_code == 404:
        return JSONResponse({}, 404, headers)
    if error.status_code == 405:
        return JSONResponse({"global": ["La méthode que vous utilisez n'existe pas sur notre serveur"]}, 405, headers)
    return JSONResponse({"global": [str(error.detail)]}, error.status_code, headers)


def failure_response(error: BaseException) -> Response:
    """503 for what is of the moment, 500 for what is our mistake; either way without a word about the inside."""
    if is_transient(error):
        log.warning("request.unavailable", error=type(error).__name__)
        return JSONResponse({"global": ["Le service est momentanément indisponible."]}, 503, _UNREACHABLE)
    log.error("request.failed", exc_info=error)
    return JSONResponse({"global": ["Il semble que nous ayons des problèmes techniques :("]}, 500)


async def _database_error(_request: Request, error: Exception) -> Response:
    return failure_response(error)


def install(app: FastAPI) -> None:
    app.add_exception_handler(ApiError, _api_error)  # type: ignore[arg-type]
    app.add_exception_handler(RequestValidationError, _validation_error)  # type: ignore[arg-type]
    app.add_exception_handler(HTTPException, _http_exception)  # type: ignore[arg-type]
    for kind in (DBAPIError, SqlTimeout, pg.Error, PoolTimeout):
        app.add_exception_handler(kind, _database_error)


__all__ = ["failure_response", "install", "is_transient", "validation_body"]
