"""The command line of the users service."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

import typer
from sqlalchemy.ext.asyncio import AsyncSession

from shared.commands import Counts, job, run_with_database, service_cli
from shared.database import Database
from shared.events.users import DEPOSIT, USER
from shared.events.users import Deposit as DepositState
from shared.events.users import User as UserState
from users.accounts.actions import state_of
from users.accounts.queries import states_page as account_states
from users.deposits.jobs import recredit_users
from users.deposits.queries import states_page as deposit_states
from users.features.actions import install_flags, set_flag
from users.sandbox import build
from users.sessions.actions import purge
from users.sessions.keys import rotate_key
from users.settings import Settings


async def _accounts(session: AsyncSession, after: int, limit: int) -> AsyncIterator[UserState]:
    for account, reason in await account_states(session, after, limit):
        yield state_of(account, reason)


async def _deposits(session: AsyncSession, after: int, limit: int) -> AsyncIterator[DepositState]:
    for state in await deposit_states(session, after, limit):
        yield state


cli = service_cli(Settings, replays={"user": (USER, _accounts), "deposit": (DEPOSIT, _deposits)}, sandbox=build)


@job(cli, Settings, "delete-expired-sessions")
async def delete_expired_sessions(database: Database) -> Counts:
    """Delete sessions, tokens, counters and devices that are past their time."""
    async with database.transaction() as session:
        return await purge(session)


@job(cli, Settings, "recredit-users")
async def recredit(database: Database) -> Counts:
    """Add what a 17th or 18th birthday gives to the credits that run. Daily."""
    return await recredit_users(database, Settings())


@cli.command("rotate-signing-key")
def rotate_signing_key() -> None:
    """Publish a new signing key; it signs once every service has had the time to read it."""
    settings = Settings()

    async def rotate(database: Database) -> str:
        async with database.transaction() as session:
            return await rotate_key(session, settings)

    typer.echo(run_with_database(settings, rotate))


@cli.command("install-features")
def install_features() -> None:
    """Add the feature flags that the table lacks."""

    async def install(database: Database) -> int:
        async with database.transaction() as session:
            return await install_flags(session)

    typer.echo(f"{run_with_database(Settings(), install)} added")


@cli.command("feature")
def feature(name: str, active: Annotated[bool, typer.Argument(help="true or false")]) -> None:
    """Turn a feature flag on or off."""

    async def turn(database: Database) -> None:
        async with database.transaction() as session:
            await set_flag(session, name, active)

    run_with_database(Settings(), turn)
