"""One JSON line a request, on standard output. Lines are gathered and written together: a write for each costs more
than the request's own handling.
"""

from __future__ import annotations

import asyncio
import os
import sys
from typing import TextIO
from urllib.parse import parse_qsl

import orjson

from gateway.calls import Call
from shared import clock
from shared.telemetry.scrubbing import SCRUBBED, SECRET, scrubbed_path

_FLUSH_SECONDS = 0.2
_FLUSH_BYTES = 65_536
_PID = os.getpid()


class AccessLog:
    """Writes the request lines, as JSON or as text for people."""

    def __init__(self, log_format: str = "json", stream: TextIO | None = None) -> None:
        self._plain = log_format == "plain"
        self._stream = stream or sys.stdout
        self._lines: list[str] = []
        self._size = 0
        self._timer: asyncio.TimerHandle | None = None

    def write(self, call: Call, seconds: float) -> None:
        """Note an answered request; `seconds` is how long it took."""
        line = _plain_line(call, seconds) if self._plain else _json_line(call, seconds)
        self._lines.append(line)
        self._size += len(line)
        if self._size >= _FLUSH_BYTES:
            self.flush()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_FLUSH_SECONDS, self.flush)

    def flush(self) -> None:
        """Write what was gathered."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        lines, self._lines, self._size = self._lines, [], 0
        if lines:
            self._stream.write("\n".join(lines) + "\n")
            self._stream.flush()


def _json_line(call: Call, seconds: float) -> str:
    fields = call.fields
    kind, _, account = (call.identity or "").partition(":")
    extra = {
        "statusCode": call.status,
        "method": call.method,
        "route": call.operation.path if call.operation is not None else None,
        "path": path_of(call),
        "queryParams": scrubbed_query(call.query),
        "size": call.sent,
        "deviceId": _text(fields.get(b"device-id")),
        "sourceIp": call.address,
        "requestId": _text(fields.get(b"request-id")) or call.request_id,
        "appVersion": _text(fields.get(b"app-version")),
        "commitHash": _text(fields.get(b"commit-hash")),
        "codePushId": _text(fields.get(b"code-push-id")),
        "platform": _text(fields.get(b"platform")),
        "duration": round(seconds * 1_000, 2),
        "surface": call.surface or None,
        "service": call.service or None,
    }
    if kind == "provider":
        extra["providerId"] = account
    if call.error:
        extra["error"] = call.error
    return orjson.dumps(
        {
            "timestamp": clock.now(),
            "severity": "ERROR" if call.status >= 500 else "INFO",
            "module": "gateway",
            "message": "HTTP request at",
            "technical_message_id": None,
            "logging.googleapis.com/trace": call.request_id,
            "trace": call.traceparent[3:35].decode(),
            "user_id": account if kind in ("native", "pro") else None,
            "impersonator_id": None,
            "extra": extra,
            "pid": _PID,
        }
    ).decode()


def _plain_line(call: Call, seconds: float) -> str:
    where = call.service or "gateway"
    error = f" {call.error}" if call.error else ""
    return f"{call.method:6} {path_of(call)} {call.status or '-'} {seconds * 1_000:.1f} ms {where}{error}"


def path_of(call: Call) -> str:
    """The path, without the secrets that some routes carry in it."""
    return scrubbed_path(call.operation.path if call.operation is not None else "", call.path)


def scrubbed_query(query: bytes) -> dict[str, str]:
    """The query's parameters, without secrets."""
    if not query:
        return {}
    pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
    return {name: SCRUBBED if SECRET.search(name) else value for name, value in pairs}


def _text(value: bytes | None) -> str | None:
    return value.decode("latin-1") if value is not None else None
