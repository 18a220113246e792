"""Carries the W3C trace context and the request id of what is being handled."""

from __future__ import annotations

import re
import secrets
from contextvars import ContextVar

_TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")

_traceparent: ContextVar[str | None] = ContextVar("traceparent", default=None)
_request_id: ContextVar[str | None] = ContextVar("request_id", default=None)


def current_traceparent() -> str | None:
    return _traceparent.get()


def current_request_id() -> str | None:
    return _request_id.get()


def is_traceparent(value: str) -> bool:
    """Whether a header's value is a trace context of version 00 (W3C Trace Context, section 3.2)."""
    return _TRACEPARENT.fullmatch(value) is not None


def is_sampled(traceparent: str) -> bool:
    """Whether whoever began the trace asked for it to be recorded."""
    return int(traceparent[-2:], 16) & 1 == 1


def enter_trace(traceparent: str | None, request_id: str | None = None) -> str:
    """Continue a caller's trace, or begin one that nobody records; answers the trace context now in force."""
    if traceparent is None or not is_traceparent(traceparent):
        traceparent = f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-00"
    _traceparent.set(traceparent)
    _request_id.set(request_id)
    return traceparent


def move_to(traceparent: str | None) -> None:
    """Make another span of the trace the current one."""
    _traceparent.set(traceparent)
