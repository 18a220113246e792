"""Refuses at once what a process could only let wait: with more in hand than it can do, everything would be late."""

from __future__ import annotations

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.errors import unavailable
from shared.telemetry.metrics import IN_FLIGHT, SHED

RETRY_AFTER_SECONDS = 1
# An orchestrator must still learn that the process lives, and a dashboard why it refuses.
EXEMPT = ("/health/", "/metrics")


class SheddingMiddleware:
    """Lets `limit` requests in at a time, bodies and streamed answers included; the others get 503 with `Retry-After`.

    Nothing of a refused request is read or done, so trying again is safe.
    """

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self._app = app
        self._limit = limit
        self._in_flight = 0
        refusal = unavailable(retry_after=RETRY_AFTER_SECONDS)
        self._refusal = JSONResponse(refusal.body, refusal.status, refusal.headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(EXEMPT):
            await self._app(scope, receive, send)
            return
        if self._in_flight >= self._limit:
            SHED.inc()
            await self._refusal(scope, receive, send)
            return
        self._in_flight += 1
        IN_FLIGHT.inc()
        try:
            await self._app(scope, receive, send)
        finally:
            self._in_flight -= 1
            IN_FLIGHT.dec()
