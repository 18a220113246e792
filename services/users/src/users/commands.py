"""The command line of the users service."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

import typer
from sqlalchemy.ext.asyncio import AsyncSession

from shared.commands import Counts, job, run_with_database, service_cli
from shared.database import Database
from shared.events.users import CHECK, DEPOSIT, USER
from shared.events.users import Check as CheckState
from shared.events.users import Deposit as DepositState
from shared.events.users import User as UserState
from shared.schedules import Schedule, daily, every, weekly
from shared.storage_s3 import open_storage
from users.accounts.actions import state_of
from users.accounts.queries import account_by_email
from users.accounts.queries import states_page as account_states
from users.anonymization.jobs import anonymize_inactive
from users.anonymization.one import NotErasable, erase_one
from users.anonymization.rules import Category
from users.anonymization.told import take_back_facts
from users.credentials.addresses import block_domain, unblock_domain
from users.deposits.queries import states_page as deposit_states
from users.extracts import commands as extracts
from users.features import Flag, flags
from users.features.history import note_turn
from users.identity.commands import register
from users.permissions.actions import install_roles, set_agent_roles
from users.permissions.rules import AgentRole
from users.sandbox import build
from users.sessions.jobs import delete_devices, delete_expired
from users.sessions.keys import rotate_key
from users.settings import Settings
from users.subscription.actions import state_of as check_state
from users.subscription.queries import checks_page
from users.survey.jobs import export_answers
from users.suspension.jobs import delete_suspended, warn_before_deletion


async def _accounts(session: AsyncSession, after: int, limit: int) -> AsyncIterator[UserState]:
    for account, reason in await account_states(session, after, limit):
        yield state_of(account, reason)


async def _deposits(session: AsyncSession, after: int, limit: int) -> AsyncIterator[DepositState]:
    for state in await deposit_states(session, after, limit):
        yield state


async def _checks(session: AsyncSession, after: int, limit: int) -> AsyncIterator[CheckState]:
    for check in await checks_page(session, after, limit):
        yield check_state(check)


cli = service_cli(
    Settings,
    flags=flags,
    audit=note_turn,
    replays={"user": (USER, _accounts), "deposit": (DEPOSIT, _deposits), "check": (CHECK, _checks)},
    sandbox=build,
)


@job(cli, Settings, "delete-expired-sessions", daily("03:00"), needs=[Flag.ENABLE_ALL_CRON])
async def delete_expired_sessions(database: Database, dry_run: bool = False) -> Counts:
    """Delete sessions, tokens and counters that are past their time."""
    return await delete_expired(database, dry_run=dry_run)


@job(cli, Settings, "delete-old-devices", daily("03:15"), needs=[Flag.ENABLE_ALL_CRON])
async def delete_old_devices(database: Database, dry_run: bool = False) -> Counts:
    """Delete devices past their retention: 13 months, 5 years for the trusted ones."""
    return await delete_devices(database, dry_run=dry_run)


@job(cli, Settings, "notify-before-deletion", daily("08:00"), needs=[Flag.ENABLE_ALL_CRON])
async def notify_before_deletion(database: Database, dry_run: bool = False) -> Counts:
    """Mail whoever closed their account 51 days ago that it will be deleted."""
    return await warn_before_deletion(database, dry_run=dry_run)


@job(cli, Settings, "delete-suspended-accounts", daily("02:00"), needs=[Flag.ENABLE_ALL_CRON])
async def delete_suspended_accounts(database: Database, dry_run: bool = False) -> Counts:
    """Delete accounts that their holders closed 61 days ago."""
    return await delete_suspended(database, dry_run=dry_run)


_ERASURES: dict[tuple[str, ...], Schedule] = {
    ("--category", Category.NOTIFY_PRO.value): daily("08:30"),
    ("--category", Category.NEITHER.value): weekly("sunday", "04:30"),
    ("--category", Category.BENEFICIARY.value): weekly("sunday", "05:00"),
    ("--category", Category.PRO.value): weekly("sunday", "05:30"),
    ("--category", Category.INTERNAL.value): weekly("sunday", "06:00"),
}


@job(cli, Settings, "anonymize-inactive-users", _ERASURES, needs=[Flag.ENABLE_ALL_CRON])
async def anonymize_inactive_users(
    database: Database, category: Category = Category.NEITHER, dry_run: bool = False
) -> Counts:
    """Erase one population of the retention rules, or mail the partners who will be."""
    return await anonymize_inactive(database, category, dry_run=dry_run)


@job(cli, Settings, "take-back-facts", every(minutes=60))
async def take_back(database: Database, dry_run: bool = False) -> Counts:
    """Take people who were made anonymous out of the facts that users told. Hourly."""
    return await take_back_facts(Settings(), database, dry_run=dry_run)


@job(cli, Settings, "export-survey-answers", daily("04:00"), needs=[Flag.ENABLE_ALL_CRON])
async def export_survey_answers(database: Database, dry_run: bool = False) -> Counts:
    """Write the answers to the cultural survey to the storage, one file for each person and day."""
    settings = Settings()
    storage = open_storage(settings)
    return await export_answers(database, storage, dry_run=dry_run)


@cli.command("anonymize")
def anonymize_one(
    user_id: int,
    agent: Annotated[str | None, typer.Option(help="the address of the agent who decides, for the history")] = None,
    dry_run: bool = False,
) -> None:
    """Erase one person at once, for ever, in every service."""
    try:
        counts = run_with_database(Settings(), lambda found: erase_one(found, user_id, agent=agent, dry_run=dry_run))
    except NotErasable as refused:
        typer.echo(f"refused: {refused}", err=True)
        raise typer.Exit(2) from refused
    typer.echo(" ".join(f"{name}={count}" for name, count in counts.items()))


@cli.command("block-email-domain")
def block_email_domain(domain: str, blocked: Annotated[bool, typer.Argument(help="true or false")] = True) -> None:
    """Block a domain of addresses, those under it included, or let it sign up again."""

    async def turn(database: Database) -> None:
        async with database.transaction() as session:
            await block_domain(session, domain) if blocked else await unblock_domain(session, domain)

    run_with_database(Settings(), turn)


register(cli)
extracts.register(cli)


@cli.command("rotate-signing-key")
def rotate_signing_key() -> None:
    """Publish a new signing key; it signs once every service has had the time to read it."""
    settings = Settings()

    async def rotate(database: Database) -> str:
        async with database.transaction() as session:
            return await rotate_key(session, settings)

    typer.echo(run_with_database(settings, rotate))


@cli.command("install-permissions")
def install_permissions() -> None:
    """Add the agents' roles that the table lacks, with the permissions that they start with."""

    async def install(database: Database) -> int:
        async with database.transaction() as session:
            return await install_roles(session, seed=True)

    typer.echo(f"{run_with_database(Settings(), install)} added")


@cli.command("agent-roles")
def agent_roles(
    email: str, roles: Annotated[list[AgentRole] | None, typer.Argument(help="none takes all away")] = None
) -> None:
    """Give an account the roles of an agent: how the first one comes to be."""

    async def give(database: Database) -> bool:
        async with database.transaction() as session:
            account = await account_by_email(session, email)
            if account is None:
                raise typer.BadParameter(f"no account has the address {email}")
            return await set_agent_roles(session, account.id, roles or ())

    typer.echo("changed" if run_with_database(Settings(), give) else "nothing to change")
