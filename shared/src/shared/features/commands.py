"""`python -m <context> feature list|on|off`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeAlias

import typer
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database.session import Database
from shared.features.actions import turn
from shared.features.declared import FeatureFlag
from shared.features.memory import Flags

Run: TypeAlias = Callable[[Callable[[Database], Awaitable[Any]]], Any]

Audit: TypeAlias = Callable[[AsyncSession, str, FeatureFlag, bool, str | None], Awaitable[str]]
"""`(session, who, flag, active, reason)`: refuses with `typer.BadParameter`, notes the change where the service keeps such
notes, and answers in which words the table names who decided. Called before the change, in its transaction.
"""

_By = Annotated[str | None, typer.Option(help="who decides: an address")]
_Reason = Annotated[str | None, typer.Option(help="why, for whoever reads the list later")]
_ROWS = text("SELECT name, is_active, changed_at, changed_by, reason FROM feature")


def named(flags: Flags[Any], name: str) -> FeatureFlag:
    """The flag of a name; else a refusal that lists what there is."""
    found = flags.declared.__members__.get(name)
    if found is None:
        raise typer.BadParameter(
            f"no flag is called {name}; there are: {', '.join(sorted(flags.declared.__members__))}"
        )
    return found


async def lines(session: AsyncSession, flags: Flags[Any]) -> list[str]:
    """Every declared flag with what it does; what differs from the code's first value is marked, with who and why."""
    rows = {row.name: row for row in await session.execute(_ROWS)}
    width = max(len(name) for name in flags.declared.__members__)
    found = []
    for name, flag in sorted(flags.declared.__members__.items()):
        row, first = rows.get(name), flag.declared.default
        active = first if row is None else row.is_active
        line = (
            f"{name:<{width}}  {'on ' if active else 'off'} {'*' if active != first else ' '} {flag.declared.english}"
        )
        if row is not None and row.changed_at is not None:
            notes = [f"{row.changed_at:%Y-%m-%d %H:%M} UTC", row.changed_by, row.reason]
            line += f" ({', '.join(note for note in notes if note)})"
        found.append(line)
    return found


def register(cli: typer.Typer, flags: Flags[Any], run: Run, audit: Audit | None = None) -> None:
    """Add the commands to a service's command line; `run` opens its database."""
    group = typer.Typer(no_args_is_help=True, help="Feature flags: followed by every process within two seconds.")
    cli.add_typer(group, name="feature")

    @group.command("list")
    def list_() -> None:
        """Every flag, on or off; * where that is not its first value."""

        async def read(database: Database) -> list[str]:
            async with database.transaction() as session:
                return await lines(session, flags)

        typer.echo("\n".join(run(read)))

    def change(name: str, active: bool, by: str | None, reason: str | None) -> None:
        flag = named(flags, name)

        async def write(database: Database) -> bool:
            async with database.transaction() as session:
                who = by if by is None or audit is None else await audit(session, by, flag, active, reason)
                changed = await turn(session, flags, flag, active=active, by=who, reason=reason)
                if not changed:
                    # Nothing happened: nothing is noted.
                    await session.rollback()
                return changed

        word = "on" if active else "off"
        typer.echo(f"{name} is {word}" if run(write) else f"{name} was {word} already: nothing changed")

    @group.command("on")
    def on(name: str, by: _By = None, reason: _Reason = None) -> None:
        """Turn a flag on."""
        change(name, True, by, reason)

    @group.command("off")
    def off(name: str, by: _By = None, reason: _Reason = None) -> None:
        """Turn a flag off."""
        change(name, False, by, reason)
