"""One raw-ASGI middleware around every request: identity of the request, access log, metrics, last-resort answer."""

from __future__ import annotations

import re
import time
from typing import Any
from uuid import uuid4

import structlog
from opentelemetry.trace import SpanKind
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.telemetry.logs import log_request
from shared.telemetry.metrics import REQUESTS
from shared.telemetry.scrubbing import scrubbed_path
from shared.telemetry.spans import begin, fail, traceparent_of
from shared.telemetry.trace import enter_trace, move_to
from shared.web.refusals import failure_response

log = structlog.get_logger("access")

_REQUEST_ID = re.compile(rb"[A-Za-z0-9_.:-]{1,100}")
_QUIET = ("/health/", "/metrics", "/openapi.json")


def _path(scope: Scope) -> str:
    return scrubbed_path(getattr(scope.get("route"), "path", ""), scope["path"])


class RequestMiddleware:
    """Gives each request an id and a trace, logs one line about it, and turns an escaped exception into an answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        given = headers.get(b"request-id") or headers.get(b"x-request-id") or b""
        request_id = given.decode() if _REQUEST_ID.fullmatch(given) else uuid4().hex
        trace = enter_trace(headers.get(b"traceparent", b"").decode("latin-1") or None, request_id)
        span = begin(scope["method"], trace, SpanKind.SERVER, {"http.request.method": scope["method"]})
        if span is not None:
            move_to(traceparent_of(span))
        scope.setdefault("state", {})
        started = time.perf_counter()
        status = 0

        async def send_and_note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message = {
                    **message,
                    "headers": [*message.get("headers", ()), (b"x-request-id", request_id.encode())],
                }
            await send(message)

        try:
            await self._app(scope, receive, send_and_note)
        except Exception as error:
            if status:
                log.error("request.broken", path=_path(scope), exc_info=error)
                raise
            await failure_response(error)(scope, receive, send_and_note)
        finally:
            self._note(scope, status, time.perf_counter() - started, headers)
            if span is not None:
                route = getattr(scope.get("route"), "path", "unknown")
                span.update_name(f"{scope['method']} {route}")
                span.set_attribute("http.route", route)
                span.set_attribute("http.response.status_code", status)
                if status >= 500 or not status:
                    fail(span)
                span.end()

    @staticmethod
    def _note(scope: Scope, status: int, seconds: float, headers: dict[bytes, bytes]) -> None:
        if scope["path"].startswith(_QUIET):
            return
        route = getattr(scope.get("route"), "path", "unknown")
        REQUESTS.labels(scope["method"], route, str(status)).observe(seconds)
        state: dict[str, Any] = scope.get("state") or {}
        principal = state.get("principal")
        log_request(
            method=scope["method"],
            route=route,
            path=_path(scope),
            status=status,
            duration_ms=round(seconds * 1_000, 2),
            user_id=getattr(principal, "id", None),
            kind=getattr(principal, "kind", None),
            identity_refusal=state.get("identity_refusal"),
            device_id=headers.get(b"device-id", b"").decode("latin-1") or None,
            app_version=headers.get(b"app-version", b"").decode("latin-1") or None,
        )
