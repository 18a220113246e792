"""`./pc trace`: what the spans of one request tell, read from the files that the local processes write."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from html import escape
from pathlib import Path
from shutil import rmtree

from local.errors import LocalError


def recording(folder: Path) -> dict[str, str]:
    """Settings under which every request is recorded; what was recorded before is forgotten."""
    rmtree(folder, ignore_errors=True)
    return {"TRACE_DIRECTORY": str(folder), "TRACE_RATIO": "1"}


@dataclass
class Span:
    """One span; times are seconds since the epoch."""

    trace_id: str
    span_id: str
    parent_id: str | None
    process: str
    name: str
    kind: str
    start: float
    end: float
    failed: bool
    attributes: dict[str, str | int | float | bool]
    children: list["Span"] = field(default_factory=list)

    @property
    def milliseconds(self) -> float:
        return (self.end - self.start) * 1_000


def _read(line: str) -> Span:
    raw = json.loads(line)
    return Span(
        trace_id=raw["context"]["trace_id"].removeprefix("0x"),
        span_id=raw["context"]["span_id"],
        parent_id=raw["parent_id"],
        process=raw["resource"]["attributes"]["service.name"],
        name=raw["name"],
        kind=raw["kind"].removeprefix("SpanKind.").lower(),
        start=datetime.fromisoformat(raw["start_time"]).timestamp(),
        end=datetime.fromisoformat(raw["end_time"]).timestamp(),
        failed=raw["status"]["status_code"] == "ERROR",
        attributes=raw["attributes"],
    )


def read_spans(folder: Path) -> list[Span]:
    """Every span on file. A last line that is still being written is left out."""
    spans = []
    for file in sorted(folder.glob("*.jsonl")):
        for line in file.read_text().splitlines(keepends=True):
            if line.endswith("\n"):
                spans.append(_read(line))
    return spans


def find(spans: list[Span], wanted: str | None) -> list[Span]:
    """The spans of one trace, by the beginning of its id, by the name of its first span (`POST /native/v1/bookings`),
    or of the newest trace. Of several that match, the newest. Raises LocalError when there is none.
    """
    firsts = sorted((span for span in spans if span.parent_id is None), key=lambda span: span.start)
    for first in reversed(firsts):
        if wanted is None or first.trace_id.startswith(wanted) or wanted.lower() in first.name.lower():
            return [span for span in spans if span.trace_id == first.trace_id]
    raise LocalError(f"No trace {'on file' if wanted is None else f'matches {wanted}'}. Is the platform running?")


def tree(spans: list[Span]) -> list[Span]:
    """The spans that have no parent on file, each with what is below it, in the order in which they began."""
    known = {span.span_id: span for span in spans}
    roots = []
    for span in sorted(spans, key=lambda span: span.start):
        above = known.get(span.parent_id or "")
        (roots if above is None else above.children).append(span)
    return roots


def _walk(spans: list[Span], depth: int = 0) -> Iterator[tuple[int, Span]]:
    for span in spans:
        yield depth, span
        yield from _walk(span.children, depth + 1)


def as_text(spans: list[Span]) -> str:
    """A line for each span: when it began, how long it took, where it happened."""
    roots = tree(spans)
    begin = min(span.start for span in spans)
    lines = [f"trace {spans[0].trace_id}"]
    for depth, span in _walk(roots):
        mark = "✗" if span.failed else " "
        at, took = (span.start - begin) * 1_000, span.milliseconds
        lines.append(f"{at:9.1f} ms {took:8.1f} ms {mark} {span.process:17} {'  ' * depth}{span.name}")
    return "\n".join(lines)


_COLOURS = {
    "gateway": "#5a2ca0",
    "users": "#0b6e99",
    "offers": "#b3541e",
    "bookings": "#1b7f4c",
    "documents": "#a02c5a",
}
_STYLE = """
body { font: 14px/1.5 system-ui, sans-serif; margin: 2rem; color: #1d1d29; }
h1 { font-size: 1.2rem; } code { color: #555; font-size: .85em; }
.row { display: grid; grid-template-columns: 9rem 28rem 1fr; align-items: center; border-bottom: 1px solid #eee; }
.bar { position: relative; height: 1.5rem; } .bar i { position: absolute; top: .35rem; height: .8rem; min-width: 2px;
border-radius: 2px; } .bar span { position: absolute; font-size: .75rem; white-space: nowrap; top: .15rem; color: #333; }
.name { white-space: nowrap; overflow: hidden; text-overflow: ellipsis; } .failed { color: #b00020; font-weight: 600; }
"""


def as_page(spans: list[Span]) -> str:
    """The same as a page with bars on a common time."""
    begin, end = min(span.start for span in spans), max(span.end for span in spans)
    width = max(end - begin, 1e-6)
    rows = []
    for depth, span in _walk(tree(spans)):
        left, wide = (span.start - begin) / width * 100, (span.end - span.start) / width * 100
        colour = _COLOURS.get(span.process.partition("-")[0], "#444")
        place = f"left: {left + wide + 0.4:.3f}%" if left + wide < 88 else f"right: {100 - left + 0.4:.3f}%"
        details = "&#10;".join(escape(f"{name}: {value}", quote=True) for name, value in span.attributes.items())
        rows.append(
            f'<div class="row" title="{details}"><div style="color: {colour}">{escape(span.process)}</div>'
            f'<div class="name{" failed" if span.failed else ""}" style="padding-left: {depth * 0.9}rem">'
            f'{escape(span.name)}</div><div class="bar"><i style="left: {left:.3f}%; width: {wide:.3f}%; '
            f'background: {colour}"></i><span style="{place}">{span.milliseconds:.1f} ms</span></div></div>'
        )
    first = tree(spans)[0]
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(first.name)}</title><style>{_STYLE}</style>'
        f"<h1>{escape(first.name)}</h1><p>{len(spans)} spans in {width * 1_000:.1f} ms "
        f"<code>{first.trace_id}</code></p>{''.join(rows)}</html>"
    )
