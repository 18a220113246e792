"""The outcomes for people (a table), for scripts (JSON) and for the documentation (Markdown)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.table import Table

from local.bench.figures import Figure, Outcome, number
from local.console import escape
from local.errors import LocalError

_BEGIN, _END = "<!-- bench -->", "<!-- /bench -->"
_MARKS = {True: "✓", False: "✗", None: ""}


def _value(figure: Figure) -> str:
    return f"{number(figure.value)} {figure.unit}".strip()


def table(outcomes: Sequence[Outcome]) -> Table:
    """For a terminal. A ~ marks what other programs on the machine spoil."""
    shown = Table(box=None, padding=(0, 2), header_style="bold")
    shown.add_column("bench")
    shown.add_column("figure", overflow="fold")
    shown.add_column("value", justify="right", no_wrap=True)
    shown.add_column("target", no_wrap=True)
    shown.add_column("note", overflow="fold", style="dim")
    for outcome in outcomes:
        if outcome.skipped:
            shown.add_row(outcome.bench, f"[yellow]skipped: {escape(outcome.skipped)}[/]")
        if outcome.failed:
            shown.add_row(outcome.bench, f"[red]failed: {escape(outcome.failed)}[/]")
        for figure in outcome.figures:
            colour = {True: "green", False: "red", None: "default"}[figure.is_met]
            target = f"[{colour}]{figure.target} {_MARKS[figure.is_met]}[/]" if figure.target else ""
            mark = "~" if figure.waited else ""
            shown.add_row(outcome.bench, escape(figure.what), mark + _value(figure), target, escape(figure.note))
    return shown


def markdown(machine: Mapping[str, str], outcomes: Sequence[Outcome]) -> str:
    """A section for docs/performance.md."""
    lines = [", ".join(f"{name} {value}" for name, value in machine.items()) + ".", ""]
    lines += ["| bench | figure | measured | target | note |", "| --- | --- | ---: | --- | --- |"]
    for outcome in outcomes:
        if outcome.skipped or outcome.failed:
            why = f"skipped: {outcome.skipped}" if outcome.skipped else f"failed: {outcome.failed}"
            lines.append(f"| {outcome.bench} | {_cell(why)} | | | |")
        for figure in outcome.figures:
            target = f"{figure.target} {_MARKS[figure.is_met]}" if figure.target else ""
            mark = "~" if figure.waited else ""
            cells = (outcome.bench, _cell(figure.what), mark + _value(figure), target, _cell(figure.note))
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def rewritten(page: str, section: str) -> str:
    """A page with its part between the two marks replaced; LocalError where it has none."""
    before, begin, rest = page.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not begin or not end:
        raise LocalError(f"docs/performance.md lacks the marks {_BEGIN} and {_END}, between which the figures go.")
    return f"{before}{begin}\n{section}{end}{after}"


def document(machine: Mapping[str, str], outcomes: Sequence[Outcome]) -> dict[str, object]:
    """For `--json`."""
    return {"machine": dict(machine), "benches": [outcome.as_dict() for outcome in outcomes]}


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
