"""Routers of the surfaces and what an operation tells the gateway about itself."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Literal

from fastapi import APIRouter, Depends
from fastapi.routing import APIRoute
from pydantic import RootModel
from starlette.routing import BaseRoute

from shared.web.access import Access
from shared.web.versions import refuse_old_app

Surface = Literal["native", "pro", "public", "internal"]

_UNITS = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400}
_RATE = re.compile(r"(\d+)/(?:(\d+) )?(second|minute|hour|day)s?")


class ErrorBody(RootModel[dict[str, Any]]):
    """A refusal: sentences by field, or a code."""


_ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"model": ErrorBody, "description": description}
    for status, description in {
        400: "Bad Request",
        401: "Unauthorized",
        403: "Forbidden",
        404: "Not Found",
        429: "Too Many Requests",
        503: "Service Unavailable",
    }.items()
}


def name_of(route: APIRoute) -> str:
    """The id of an operation that gives none: its function's name."""
    return route.name


def routes_of(routers: Iterable[APIRouter]) -> list[BaseRoute]:
    """The routes of routers that want nothing added: no prefix, no dependency.

    An application that *includes* a router makes every one of its routes a second time, schemas and all, when it is first
    asked for something, and then finds each request's route twice. Given the routes as they are, it does neither.
    """
    return [route for router in routers for route in router.routes]


def _router(surface: Surface, **options: Any) -> APIRouter:
    return APIRouter(responses=_ERRORS, tags=[surface], generate_unique_id_function=name_of, **options)


def native_router() -> APIRouter:
    """The app's face. Versions of the app that are too old are refused."""
    return _router("native", dependencies=[Depends(refuse_old_app)])


def pro_router() -> APIRouter:
    return _router("pro")


def public_router() -> APIRouter:
    return _router("public")


def internal_router() -> APIRouter:
    """For the house alone: the gateway never routes these."""
    return _router("internal")


def operation(
    *,
    rate_limit: str | None = None,
    per: Literal["identity", "address"] = "identity",
    timeout: float | None = None,
    max_body: int | None = None,
    composition: str | None = None,
    access: Access | None = None,
) -> dict[str, Any]:
    """`openapi_extra`: who may call, and what the gateway must know.

    That is limits ("10/minute"), deadline (seconds), body size (bytes). `access` is one of `shared.web.access`; every
    operation says it.
    """
    extra: dict[str, Any] = {}
    if access is not None:
        extra["x-access"] = access
    if rate_limit is not None:
        match = _RATE.fullmatch(rate_limit)
        if match is None:
            raise ValueError(f"not a rate limit: {rate_limit!r}")
        extra["x-rate-limit"] = {
            "limit": int(match[1]),
            "window": int(match[2] or 1) * _UNITS[match[3]],
            "per": per,
        }
    if timeout is not None:
        extra["x-timeout"] = timeout
    if max_body is not None:
        extra["x-max-body"] = max_body
    if composition is not None:
        extra["x-composition"] = composition
    return extra
