"""What a test sees of the spans that were made."""

from __future__ import annotations

from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shared.telemetry.spans import use_tracer
from shared.telemetry.trace import move_to


class SpanRecorder:
    """Records while a test runs; `start` before anything makes a database, `stop` after."""

    def __init__(self) -> None:
        self._exporter = InMemorySpanExporter()
        self._provider = TracerProvider()
        self._provider.add_span_processor(SimpleSpanProcessor(self._exporter))

    def start(self) -> None:
        use_tracer(self._provider.get_tracer("test"))

    def stop(self) -> None:
        use_tracer(None)
        self._provider.shutdown()
        move_to(None)

    @property
    def finished(self) -> tuple[ReadableSpan, ...]:
        return self._exporter.get_finished_spans()

    def named(self, start: str) -> list[ReadableSpan]:
        """The finished spans whose name begins so."""
        return [span for span in self.finished if span.name.startswith(start)]

    def one(self, start: str) -> ReadableSpan:
        """The only finished span whose name begins so."""
        (found,) = self.named(start)
        return found
