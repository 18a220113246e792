"""What the command line prints, and how."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.table import Table

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


def say(message: str) -> None:
    """A line for a person, on standard error so that a command's output stays its own."""
    err.print(message, soft_wrap=True)


def fail(message: str) -> None:
    """The sentence that explains a non-zero exit."""
    err.print(f"[bold red]✗[/] {escape(message)}", soft_wrap=True)


def escape(text: str) -> str:
    """Text that rich must not read as markup."""
    return text.replace("[", "\\[")


def print_json(value: object) -> None:
    """A JSON document on standard output, for scripts."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")


@contextmanager
def step(what: str) -> Iterator[None]:
    """A spinner while something runs, and a tick (or a cross) with the time it took."""
    from time import monotonic

    started = monotonic()
    mark = "[red]✗[/]"
    if not err.is_terminal:
        err.print(f"· {what} …")
    try:
        with err.status(what):
            yield
        mark = "[green]✓[/]"
    finally:
        err.print(f"{mark} {what} [dim]({monotonic() - started:.1f} s)[/]")


def job_table(rows: list[dict[str, Any]]) -> Table:
    """Scheduled jobs for a person."""
    table = Table(box=None, header_style="dim")
    for title in ("job", "when (UTC)", "cron", ""):
        table.add_column(title)
    for row in rows:
        table.add_row(row["job"], row["when"], row["cron"], "[yellow]due[/]" if row["due"] else "")
    return table
