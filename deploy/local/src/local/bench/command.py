"""`./pc bench`, as typed."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from local.console import out, print_json
from local.paths import ROOT


def bench(
    names: Annotated[list[str] | None, typer.Argument(help="Which benches; all without. `--list` names them.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="A JSON document on standard output, for scripts.")] = False,
    markdown: Annotated[bool, typer.Option(help="Markdown on standard output, for docs/performance.md.")] = False,
    write: Annotated[bool, typer.Option(help="Put the figures into docs/performance.md.")] = False,
    seconds: Annotated[float, typer.Option(min=1, max=600, help="How long each load lasts.")] = 5.0,
    cpus: Annotated[
        str | None, typer.Option(help="Keep the servers on these processors (0,2-3), load on others.")
    ] = None,
    tiny: Annotated[bool, typer.Option(help="As little as can be: whether the benches run, not how fast.")] = False,
    listed: Annotated[bool, typer.Option("--list", help="Only name the benches.")] = False,
) -> None:
    """Measure how fast the platform is, on servers and data of its own; needs wrk. Fails when a bench does."""
    from local.bench import registry, report, running
    from local.bench.stage import Cpus

    benches = registry.chosen(names or [])
    if listed:
        for known in benches:
            out.print(f"{known.name:<14} {known.title}", highlight=False)
        return
    machine, outcomes = running.run(benches, seconds=seconds, tiny=tiny, cpus=Cpus.parsed(cpus))
    if write:
        page = ROOT / "docs" / "performance.md"
        page.write_text(report.rewritten(page.read_text(), report.markdown(machine, outcomes)))
    if as_json:
        print_json(report.document(machine, outcomes))
    elif markdown:
        sys.stdout.write(report.markdown(machine, outcomes))
    else:
        out.print(report.table(outcomes))
    raise typer.Exit(1 if any(outcome.failed for outcome in outcomes) else 0)
