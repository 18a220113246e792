"""Structured logs: one JSON object a line, or plain text for people."""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

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


def configure_logging(service: str, *, level: str = "INFO", log_format: str = "json") -> None:
    """Send every log of the process, ours and the libraries', to standard output in one shape."""
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
    for noisy in ("uvicorn.access", "httpx", "httpcore", "fontTools", "weasyprint"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
