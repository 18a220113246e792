"""Spans of SQL, for the traces that are recorded: the statement as it was written, never its parameters."""

from __future__ import annotations

from typing import Any

from opentelemetry.trace import SpanKind
from psycopg import AsyncCursor
from sqlalchemy import event
from sqlalchemy.engine import Connection, ExceptionContext
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.telemetry.spans import begin, fail, span
from shared.telemetry.trace import current_traceparent

_LONGEST = 4_000


def _described(statement: str) -> tuple[str, dict[str, str]]:
    words = statement.split(None, 1)
    verb = words[0].upper() if words else "SQL"
    return verb, {
        "db.system.name": "postgresql",
        "db.operation.name": verb,
        "db.query.text": statement[:_LONGEST],
    }


def trace_engine(engine: AsyncEngine) -> None:
    """Make a span of each statement that SQLAlchemy sends."""

    def before(connection: Connection, _cursor: Any, statement: str, *_rest: Any) -> None:
        parent = current_traceparent()
        made = None
        if parent is not None:
            name, attributes = _described(statement)
            made = begin(name, parent, SpanKind.CLIENT, attributes)
        connection.info.setdefault("spans", []).append(made)

    def after(connection: Connection, *_rest: Any) -> None:
        made = connection.info["spans"].pop()
        if made is not None:
            made.end()

    def failed(context: ExceptionContext) -> None:
        open_spans = context.connection.info.get("spans") if context.connection is not None else None
        if open_spans and context.execution_context is not None:
            made = open_spans.pop()
            if made is not None:
                fail(made, context.original_exception)
                made.end()

    event.listen(engine.sync_engine, "before_cursor_execute", before)
    event.listen(engine.sync_engine, "after_cursor_execute", after)
    event.listen(engine.sync_engine, "handle_error", failed)


class TracedCursor(AsyncCursor[Any]):
    """A cursor of the plain pool whose statements are spans."""

    async def execute(self, query: Any, *args: Any, **options: Any) -> Any:
        if current_traceparent() is None:
            return await super().execute(query, *args, **options)
        name, attributes = _described(query.decode() if isinstance(query, bytes) else str(query))
        with span(name, SpanKind.CLIENT, attributes):
            return await super().execute(query, *args, **options)
