"""Structured logs: one JSON object a line, or plain text for people."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, MutableMapping
from datetime import UTC, datetime
from typing import Any

import orjson
import structlog

from shared.telemetry.scrubbing import print_traceback, scrubbed_traceback
from shared.telemetry.trace import current_request_id, current_traceparent


def _context(_logger: Any, _name: str, event: dict[str, Any]) -> dict[str, Any]:
    request_id = current_request_id()
    if request_id:
        event.setdefault("request_id", request_id)
    trace = current_traceparent()
    if trace:
        event.setdefault("trace", trace.split("-")[1])
    return event


def _for_people(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """What a person reads beside the name of the process: the time of day, and only what has a value."""
    kept = {key: value for key, value in event.items() if value is not None and key not in ("service", "trace")}
    kept["timestamp"] = str(event.get("timestamp", ""))[11:19]
    return kept


_requests = structlog.get_logger("access")
_write_line: Callable[[dict[str, Any]], None] | None = None


def log_request(**fields: Any) -> None:
    """The line about an answered request, as `log.info("request", …)` of the logger `access` would write it.

    It is the line that is written most, and the way of a line through structlog and logging takes ten times what the
    line itself does: where lines are JSON it is written at once. Values are text, numbers, booleans and None.
    """
    if _write_line is None:
        _requests.info("request", **fields)
    else:
        _write_line(fields)


def _line_writer(service: str) -> Callable[[dict[str, Any]], None]:
    stream = sys.stdout

    def write(fields: dict[str, Any]) -> None:
        moment = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        event = {
            "service": service,
            **fields,
            "event": "request",
            "level": "info",
            "logger": "access",
            "timestamp": moment,
        }
        stream.write(orjson.dumps(_context(None, "", event)).decode() + "\n")
        stream.flush()

    return write


def configure_logging(service: str, *, level: str = "INFO", log_format: str = "json") -> None:
    """Send every log of the process, ours and the libraries', to standard output in one shape."""
    global _write_line
    shared_processors: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _context,
    ]
    renderer: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(
            colors=False,
            sort_keys=False,
            pad_event_to=0,
            pad_level=False,
            # Not the default one: it prints local variables, and those hold passwords and tokens.
            exception_formatter=print_traceback,
        )
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared_processors,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared_processors,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                lambda _l, _n, event: {"service": service, **event},
                structlog.processors.ExceptionRenderer(scrubbed_traceback) if log_format == "json" else _for_people,
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    _write_line = _line_writer(service) if log_format == "json" and root.isEnabledFor(logging.INFO) else None
    for noisy in ("uvicorn.access", "httpx", "httpcore", "fontTools", "weasyprint"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
