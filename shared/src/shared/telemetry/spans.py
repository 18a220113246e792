"""Spans of a request's way: through the gateway, a service and its SQL, the outbox, the stream, and what follows.

The gateway decides for each request whether it is recorded (`trace_ratio`) and says so in the `traceparent` that it
sends on; whoever continues a trace only follows. A process records nothing until `start_tracing` was called, and of a
trace that is not recorded it makes no span at all: it costs a look at a context variable.

No span holds personal data: routes, not paths; statements, not their parameters; ids, not names.
"""

from __future__ import annotations

import atexit
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter
from opentelemetry.trace import (
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    Tracer,
    format_span_id,
    format_trace_id,
    set_span_in_context,
)

from shared.telemetry.trace import current_traceparent, is_sampled, move_to

Attributes = Mapping[str, str | int | float | bool]

_tracer: Tracer | None = None


class TraceSettings(Protocol):
    """Where spans go: an OTLP/HTTP collector (`http://collector:4318`), or a folder of JSON lines; empty is nowhere."""

    @property
    def trace_endpoint(self) -> str: ...

    @property
    def trace_directory(self) -> str: ...


def start_tracing(process: str, settings: TraceSettings) -> None:
    """Record the spans of this process from now on. Without a place to send them, nothing is recorded."""
    processors = []
    if settings.trace_endpoint:
        # Imported where it is used: it costs a start 70 ms.
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        endpoint = f"{settings.trace_endpoint.rstrip('/')}/v1/traces"
        processors.append(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint, timeout=5)))
    if settings.trace_directory:
        folder = Path(settings.trace_directory)
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / f"{process}.jsonl").open("a", buffering=1)
        processors.append(BatchSpanProcessor(ConsoleSpanExporter(out=file, formatter=_line), schedule_delay_millis=500))
    if not processors:
        return
    provider = TracerProvider(
        resource=Resource.create({"service.name": process, "service.namespace": "passculture"}),
        shutdown_on_exit=False,
    )
    for processor in processors:
        provider.add_span_processor(processor)
    atexit.register(provider.shutdown)
    use_tracer(provider.get_tracer("passculture"))


def _line(span: ReadableSpan) -> str:
    return f"{span.to_json(indent=None)}\n"


def use_tracer(tracer: Tracer | None) -> None:
    """Make spans with this tracer; None stops it."""
    global _tracer
    _tracer = tracer


def is_tracing() -> bool:
    return _tracer is not None


def begin(
    name: str, parent: str | None, kind: SpanKind = SpanKind.INTERNAL, attributes: Attributes | None = None
) -> Span | None:
    """Begin a span of the trace that `parent` (a traceparent) is part of; None begins a trace.

    Answers None when nothing is recorded: tracing is off, or the trace is not a recorded one. Whoever begins a span
    ends it.
    """
    if _tracer is None:
        return None
    context = Context()
    if parent is not None:
        if not is_sampled(parent):
            return None
        _, trace_id, span_id, _ = parent.split("-")
        flags = TraceFlags(TraceFlags.SAMPLED)
        remote = SpanContext(int(trace_id, 16), int(span_id, 16), is_remote=True, trace_flags=flags)
        context = set_span_in_context(NonRecordingSpan(remote), context)
    return _tracer.start_span(name, context=context, kind=kind, attributes=dict(attributes or {}))


def traceparent_of(span: Span) -> str:
    """The trace context by which others continue from a span."""
    context = span.get_span_context()
    return f"00-{format_trace_id(context.trace_id)}-{format_span_id(context.span_id)}-{context.trace_flags:02x}"


def fail(span: Span, error: BaseException | None = None, description: str = "") -> None:
    """Mark a span as failed; of an error only its kind is kept, since its words may hold personal data."""
    if error is not None:
        span.set_attribute("error.type", type(error).__name__)
    span.set_status(Status(StatusCode.ERROR, description or None))


@contextmanager
def span(
    name: str, kind: SpanKind = SpanKind.INTERNAL, attributes: Attributes | None = None, *, parent: str | None = None
) -> Iterator[Span | None]:
    """Record a block as a span below `parent`, or below the current one; inside, it is the current one itself.

    Gives None where nothing is recorded.
    """
    before = current_traceparent()
    above = parent or before
    made = begin(name, above, kind, attributes) if above is not None and _tracer is not None else None
    if made is None:
        yield None
        return
    move_to(traceparent_of(made))
    try:
        yield made
    except BaseException as error:
        fail(made, error)
        raise
    finally:
        made.end()
        move_to(before)
