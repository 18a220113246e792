"""Extracts of people's data: the jobs, and what agents do until the back office has its page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.ext.asyncio import AsyncSession

from shared.commands import Counts, job, run_with_database
from shared.database import Database
from shared.errors import ApiError
from shared.identity import Verifier
from shared.schedules import daily, every
from shared.storage_s3 import open_private_storage
from users.accounts.queries import account_by_email
from users.extracts.actions import read_extract, request_extract
from users.extracts.house import House
from users.extracts.jobs import clean, execute_one
from users.features import Flag
from users.sessions.keys import Keyring
from users.settings import Settings

_Agent = Annotated[str, typer.Option(help="the address of the agent who asks, for the history")]


async def _agent_id(session: AsyncSession, email: str) -> int:
    found = await account_by_email(session, email)
    if found is None:
        raise typer.BadParameter("nobody has the agent's address")
    return found.id


def _refused(error: ApiError) -> typer.Exit:
    typer.echo(f"refused: {error.status}", err=True)
    return typer.Exit(2)


def register(cli: typer.Typer) -> None:
    """Add the jobs and commands to the command line."""

    @job(cli, Settings, "execute-gdpr-extract", every(minutes=10), needs=[Flag.ENABLE_ALL_CRON])
    async def execute(database: Database, dry_run: bool = False) -> Counts:
        """Put together one person's data that was asked for, ten a day at most."""
        settings = Settings()
        storage = open_private_storage(settings, settings.private_storage_directory)
        verifier = Verifier.for_service(settings, database)
        key = await Keyring(settings, database, verifier).signer()
        async with House(settings) as house:
            return await execute_one(database, house, key, storage, dry_run=dry_run)

    @job(cli, Settings, "clean-gdpr-extracts", daily("03:20"), needs=[Flag.ENABLE_ALL_CRON])
    async def clean_extracts(database: Database, dry_run: bool = False) -> Counts:
        """Delete extracts seven days after they were asked for, and files that no row knows."""
        settings = Settings()
        storage = open_private_storage(settings, settings.private_storage_directory)
        return await clean(database, storage, dry_run=dry_run)

    @cli.command("request-gdpr-extract")
    def request(user_id: int, agent: _Agent) -> None:
        """Have somebody's data put together by the next runs of execute-gdpr-extract."""

        async def ask(database: Database) -> int:
            async with database.transaction() as session:
                extract = await request_extract(session, await _agent_id(session, agent), user_id)
                return extract.id

        try:
            typer.echo(f"extract {run_with_database(Settings(), ask)}")
        except ApiError as error:
            raise _refused(error) from error

    @cli.command("read-gdpr-extract")
    def read(
        extract_id: int, agent: _Agent, output: Annotated[Path, typer.Option(help="where to write the zip")]
    ) -> None:
        """Write the file of an extract that was made."""
        settings = Settings()
        storage = open_private_storage(settings, settings.private_storage_directory)

        async def fetch(database: Database) -> bytes:
            async with database.transaction() as session:
                return await read_extract(session, storage, await _agent_id(session, agent), extract_id)

        try:
            content = run_with_database(settings, fetch)
        except ApiError as error:
            raise _refused(error) from error
        output.write_bytes(content)
        output.chmod(0o600)
