"""The application factory of every service's API."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncSession

from shared.broker import connect
from shared.database.session import Database
from shared.features.following import Follower, Memory
from shared.identity.verifier import Verifier
from shared.memory import settle
from shared.settings import ServiceSettings
from shared.storage import Storage
from shared.web import refusals
from shared.web.health import Check, database_check, health_router
from shared.web.middleware import RequestMiddleware
from shared.web.routers import name_of, routes_of
from shared.web.shedding import SheddingMiddleware

SURFACES = ("native", "pro", "public", "internal")

Startup = Callable[[FastAPI], Awaitable[None]]


async def _transaction(request: Request) -> AsyncIterator[AsyncSession]:
    database: Database = request.app.state.database
    async with database.transaction() as session:
        yield session


Session = Annotated[AsyncSession, Depends(_transaction, scope="function")]
"""One transaction for the request: committed before the answer leaves, rolled back when the handler raises."""


# Coroutines although they wait for nothing: FastAPI takes a plain function to a thread, for half a millisecond of CPU.
async def _database(request: Request) -> Database:
    return request.app.state.database


async def _redis(request: Request) -> Redis:
    return request.app.state.redis


async def _storage(request: Request) -> Storage:
    return request.app.state.storage


DatabaseOf = Annotated[Database, Depends(_database)]
RedisOf = Annotated[Redis, Depends(_redis)]
StorageOf = Annotated[Storage, Depends(_storage)]


def create_service_app(
    settings: ServiceSettings,
    *,
    routers: Iterable[APIRouter],
    title: str,
    startup: Sequence[Startup] = (),
    checks: dict[str, Check] | None = None,
    state: dict[str, Any] | None = None,
    shutdown: Sequence[Startup] = (),
    follows: Sequence[Memory] = (),
) -> FastAPI:
    """An API with everything that all services share.

    `startup` and `shutdown` are coroutines that get the application; `checks` join the readiness; `state` is set on
    `app.state` beside `settings`, `database`, `redis` and `verifier`. `follows` are the memories of feature flags that this
    process keeps up to date.
    """
    database = Database(settings)
    # A short deadline: an API asks the broker only for what it can do without.
    redis = connect(settings.redis_url, socket_timeout=2.0, socket_connect_timeout=1.0)
    follower = Follower(database, follows, settings.feature_poll_seconds)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            stack.push_async_callback(database.close)
            stack.push_async_callback(redis.aclose)
            await database.open()
            await stack.enter_async_context(follower.following())
            for step in startup:
                await step(app)
            for step in shutdown:
                stack.push_async_callback(step, app)
            settle()
            yield

    known: dict[str, Check] = {"features": follower.is_known} if follows else {}
    readiness = health_router({"database": database_check(database), **known, **(checks or {})})
    app = FastAPI(
        # The app's readiness does not ask the broker: without it facts wait in the outbox, and requests are still served.
        routes=routes_of([readiness, *routers]),
        title=title,
        version="1",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        # Spans and metrics are ours (shared.telemetry); looking for others' costs each request some microseconds.
        telemetry={"tracing": False, "metrics": False, "logs": False},
        generate_unique_id_function=name_of,
    )
    app.state.settings = settings
    app.state.database = database
    app.state.follower = follower
    app.state.redis = redis
    app.state.verifier = Verifier.for_service(settings, database)
    for name, value in (state or {}).items():
        setattr(app.state, name, value)
    refusals.install(app)
    _describe(app)
    _publish(app)
    app.add_middleware(SheddingMiddleware, limit=settings.max_requests_in_flight)
    # The last one added is the outermost: refused requests are counted and logged too.
    app.add_middleware(RequestMiddleware)
    return app


def _describe(app: FastAPI) -> None:
    """Write `x-surface` on every operation, from the tag that its router set."""
    build = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = build()
            for item in schema.get("paths", {}).values():
                for operation in item.values():
                    surface = next((tag for tag in operation.get("tags", ()) if tag in SURFACES), None)
                    if surface is not None:
                        operation["x-surface"] = surface
                        operation["tags"] = [tag for tag in operation["tags"] if tag not in SURFACES] or [surface]
                    # Refusals of validation are 400 in the contracts' shape; FastAPI's own 422 is never sent.
                    # One that an operation declares itself stays.
                    responses = operation.get("responses", {})
                    if "HTTPValidationError" in str(responses.get("422")):
                        del responses["422"]
            for name in ("HTTPValidationError", "ValidationError"):
                schema.get("components", {}).get("schemas", {}).pop(name, None)
            app.openapi_schema = schema
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _publish(app: FastAPI) -> None:
    """Serve the document at `/openapi.json`, written once: gateways ask for it all the time, and the objects that it is
    made of would stay in memory.
    """
    kept: list[bytes] = []

    @app.get("/openapi.json", include_in_schema=False)
    async def document() -> Response:
        if not kept:
            kept.append(json.dumps(app.openapi(), ensure_ascii=False, separators=(",", ":")).encode())
            app.openapi_schema = None
            settle()
        return Response(kept[0], media_type="application/json")


__all__ = ["DatabaseOf", "RedisOf", "Session", "StorageOf", "create_service_app"]
