"""Carries the W3C trace context and the request id of what is being handled."""

from __future__ import annotations

import re
import secrets
from contextvars import ContextVar

_TRACEPARENT = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")

_traceparent: ContextVar[str | None] = ContextVar("traceparent", default=None)
_request_id: ContextVar[str | None] = ContextVar("request_id", default=None)


def current_traceparent() -> str | None:
    return _traceparent.get()


def current_request_id() -> str | None:
    return _request_id.get()


def enter_trace(traceparent: str | None, request_id: str | None = None) -> str:
    """Continue a caller's trace, or begin one; answers the trace context now in force."""
    if traceparent is None or not _TRACEPARENT.fullmatch(traceparent):
        traceparent = f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"
    _traceparent.set(traceparent)
    _request_id.set(request_id)
    return traceparent
