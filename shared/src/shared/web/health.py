"""Liveness, readiness and metrics, the same for APIs and workers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text

from shared.database.session import Database

Check = Callable[[], Awaitable[bool]]
DEADLINE_SECONDS = 2.0


def database_check(database: Database) -> Check:
    async def check() -> bool:
        async with database.engine.connect() as connection:
            await connection.execute(text("SELECT 1"))
        return True

    return check


async def _run(check: Check) -> bool:
    try:
        return await asyncio.wait_for(check(), DEADLINE_SECONDS)
    except Exception:
        # Whatever went wrong, the answer to "is it ready" is no.
        return False


def health_router(checks: dict[str, Check]) -> APIRouter:
    """`/health/live` looks at nothing outside the process; `/health/ready` runs every check, each with a deadline."""
    router = APIRouter(include_in_schema=False)

    @router.get("/health/live")
    async def live() -> dict[str, str]:
        return {"status": "live"}

    @router.get("/health/ready")
    async def ready() -> JSONResponse:
        results = await asyncio.gather(*(_run(check) for check in checks.values()))
        report = dict(zip(checks, results, strict=True))
        good = all(results)
        return JSONResponse({"status": "ready" if good else "not ready", "checks": report}, 200 if good else 503)

    @router.get("/metrics")
    async def metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return router
