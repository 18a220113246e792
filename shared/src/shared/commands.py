"""The command line that every service has, and jobs that cron runs."""

from __future__ import annotations

import asyncio
import inspect
import json
import os
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import structlog
import typer
import uvicorn
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database.locks import try_lock
from shared.database.session import Database
from shared.events.envelope import Aggregate
from shared.events.replay import Page, replay
from shared.features import actions as features_actions
from shared.features import commands as features_commands
from shared.features.declared import FeatureFlag
from shared.features.memory import Flags
from shared.memory import start_serving
from shared.revisions import pending
from shared.schedules import Schedule
from shared.settings import ServiceSettings
from shared.telemetry.logs import configure_logging
from shared.telemetry.spans import start_tracing
from shared.web.serving import serve

log = structlog.get_logger(__name__)

Counts = dict[str, int]
Replays = dict[str, tuple[Aggregate[Any], Page]]

_replays: dict[str, Replays] = {}
_flags: dict[str, Flags[Any]] = {}


def replays_of(context: str) -> Replays:
    """What a service can tell again, by the aggregate's name: the page query of its present states."""
    import_module(f"{context}.commands")
    return _replays.get(context, {})


@dataclass(frozen=True)
class ScheduledRun:
    """A job with its options, and when it is to run. `counts_only`: it knows `--dry-run`."""

    job: str
    arguments: tuple[str, ...]
    schedule: Schedule
    counts_only: bool = False


_schedules: dict[str, list[ScheduledRun]] = {}


def schedule_of(context: str) -> list[ScheduledRun]:
    """What cron runs of a service."""
    import_module(f"{context}.commands")
    return list(_schedules.get(context, ()))


def service_folder(context: str) -> Path:
    """Where a service's `migrations/` lies: PC_SERVICE_FOLDER in an image, else found beside its package."""
    given = os.environ.get("PC_SERVICE_FOLDER")
    if given:
        return Path(given)
    module = import_module(context)
    return Path(str(module.__file__)).resolve().parents[2]


def service_cli(
    settings_class: type[ServiceSettings],
    *,
    flags: Flags[Any],
    audit: features_commands.Audit | None = None,
    replays: Replays | None = None,
    sandbox: Callable[[str, Database], Awaitable[None]] | None = None,
) -> typer.Typer:
    """The commands of `python -m <context>`; a service adds its jobs to what this returns.

    `flags` are the service's, known to every command before it begins; `audit` notes who turns them, where the service
    knows people. `replays` maps an aggregate's name to the query that pages through its states; `sandbox` builds the named
    data set.
    """
    context = settings_class.context
    replays = {**(replays or {}), flags.aggregate.name: (flags.aggregate, features_actions.page(flags))}
    _replays[context] = replays
    _flags[context] = flags
    cli = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help=f"The {context} service.")

    @cli.command()
    def api() -> None:
        """Serve HTTP."""
        settings = settings_class()
        configure_logging(context, level=settings.log_level, log_format=settings.log_format)
        late = pending(service_folder(context) / "migrations", settings.database_url, "pre")
        if late:
            typer.echo(
                f"{context}: the database lacks the migrations {', '.join(late)}; run ./pc migrate first", err=True
            )
            raise typer.Exit(3)
        start_tracing(f"{context}-api", settings)
        app = import_module(f"{context}.app").create_app(settings)
        start_serving()
        serve(
            uvicorn.Config(
                app,
                host=settings.host,
                port=settings.api_port,
                log_config=None,
                access_log=False,
                loop="uvloop",
                http="httptools",
                timeout_graceful_shutdown=10,
                server_header=False,
                date_header=False,
                # Who calls is read from the header that the gateway writes, where it matters.
                proxy_headers=False,
            ),
            leave_seconds=settings.leave_seconds,
            share_port=settings.share_port,
        )

    @cli.command()
    def worker() -> None:
        """Relay events and consume those of others."""
        import_module(f"{context}.worker").create_worker(settings_class()).run()

    @cli.command()
    def migrate(branch: Annotated[str, typer.Option(help="pre, post or all")] = "all") -> None:
        """Bring the database to the current schema."""
        # Here and below: an API does without alembic.
        from shared.database import migrations

        settings = settings_class()
        configure_logging(context, level="WARNING", log_format=settings.log_format)
        branches = tuple(known for known in migrations.BRANCHES if branch in ("all", known))
        if not branches:
            raise typer.BadParameter("pre, post or all", param_hint="--branch")
        migrations.upgrade(service_folder(context), settings.session_url, branches)
        if "pre" in branches:
            asyncio.run(_in_transaction(settings, lambda session: features_actions.install(session, flags)))
        if "post" in branches:
            asyncio.run(_in_transaction(settings, lambda session: features_actions.clean(session, flags)))

    @cli.command()
    def revision(
        message: Annotated[str, typer.Option("-m", "--message")],
        branch: Annotated[str, typer.Option(help="pre or post")] = "pre",
        empty: Annotated[bool, typer.Option(help="without comparing models and database")] = False,
    ) -> None:
        """Write a new migration."""
        from shared.database import migrations

        settings = settings_class()
        if branch not in migrations.BRANCHES:
            raise typer.BadParameter("pre or post", param_hint="--branch")
        migrations.revision(
            service_folder(context),
            settings.session_url,
            message,
            "pre" if branch == "pre" else "post",
            autogenerate=not empty,
        )

    @cli.command()
    def openapi() -> None:
        """Print the OpenAPI document."""
        app = import_module(f"{context}.app").create_app(settings_class())
        typer.echo(json.dumps(app.openapi(), ensure_ascii=False, indent=2, sort_keys=True))

    # A default rather than Annotated: typer evaluates annotations outside this function, where `replays` is unknown.
    @cli.command("replay")
    def replay_command(aggregate: str = typer.Argument(help=", ".join(sorted(replays)))) -> None:
        """Publish the current state of an aggregate again, for replicas."""
        if aggregate not in replays:
            raise typer.BadParameter(f"one of {', '.join(sorted(replays))}")
        described, page = replays[aggregate]
        total = run_with_database(settings_class(), lambda database: replay(database, described, page))
        typer.echo(f"{total} {aggregate} published again")

    features_commands.register(cli, flags, lambda work: _run(settings_class(), work), audit)

    if sandbox is not None:
        build = sandbox

        @cli.command("sandbox")
        def sandbox_command(name: Annotated[str, typer.Argument(help="tiny or industrial")]) -> None:
            """Build a data set for development."""
            settings = settings_class()
            if settings.is_production:
                typer.echo("a sandbox is not for production", err=True)
                raise typer.Exit(2)
            if name not in ("tiny", "industrial"):
                raise typer.BadParameter("tiny or industrial")
            run_with_database(settings, lambda database: build(name, database))

    return cli


def run_with_database(settings: ServiceSettings, work: Callable[[Database], Awaitable[Any]]) -> Any:
    """Run a coroutine that needs the database, from a command, which knows how the service's flags are set."""

    async def informed(database: Database) -> Any:
        async with database.engine.connect() as connection:
            await _flags[settings.context].read(connection)
        return await work(database)

    return _run(settings, informed)


def _run(settings: ServiceSettings, work: Callable[[Database], Awaitable[Any]]) -> Any:
    configure_logging(settings.context, level=settings.log_level, log_format=settings.log_format)

    async def main() -> Any:
        database = Database(settings)
        await database.open()
        try:
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(main())


async def _in_transaction(settings: ServiceSettings, work: Callable[[AsyncSession], Awaitable[Any]]) -> None:
    database = Database(settings)
    try:
        async with database.transaction() as session:
            await work(session)
    finally:
        await database.close()


def job(
    cli: typer.Typer,
    settings_class: type[ServiceSettings],
    name: str,
    when: Schedule | Mapping[tuple[str, ...], Schedule] | None = None,
    *,
    needs: Sequence[FeatureFlag] = (),
) -> Callable[[Callable[..., Awaitable[Counts]]], Callable[..., Awaitable[Counts]]]:
    """Register a job: one process at a time, a line at start and at end with its counts.

    The function gets the database and opens its own transactions, so that a long job can commit as it goes; it must be
    idempotent, since it is run again after a crash. The lock is held by a transaction that lives as long as the job.
    Further parameters, all with defaults, become options: `dry_run: bool = False` is `--dry-run`. `when` it is to run: a
    schedule, or one for each set of options: `{("--category", "neither"): weekly("sunday", "03:00")}`. While a flag that it
    `needs` is off, the job does nothing and ends with the status `disabled`.
    """
    runs = {(): when} if isinstance(when, Schedule) else when or {}

    def register(work: Callable[..., Awaitable[Counts]]) -> Callable[..., Awaitable[Counts]]:
        def command(**options: Any) -> None:
            status = "done"

            async def locked(database: Database) -> Counts:
                nonlocal status
                if not all(map(_flags[settings_class.context].is_active, needs)):
                    status = "disabled"
                    return {}
                async with database.transaction() as session:
                    # This transaction only holds the lock, as long as the job takes.
                    await session.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
                    if not await _take(session, name):
                        status = "locked"
                        return {}
                    return await work(database, **options)

            started = time.perf_counter()
            log_context = {"type": "cron", "name": name, **options}
            log.info("job.start", **log_context)
            try:
                counts = run_with_database(settings_class(), locked)
            except Exception as error:
                log.error(
                    "job.end", status="failed", duration=time.perf_counter() - started, exc_info=error, **log_context
                )
                raise typer.Exit(1) from error
            duration = round(time.perf_counter() - started, 3)
            log.info("job.end", status=status, duration=duration, counts=counts, **log_context)

        command.__doc__ = work.__doc__
        # Typer reads the signature: the work's own, without the database.
        signature = inspect.signature(work, eval_str=True)
        options = list(signature.parameters.values())[1:]
        command.__signature__ = signature.replace(parameters=options, return_annotation=None)  # type: ignore[attr-defined]
        command.__annotations__ = {option.name: option.annotation for option in options}
        cli.command(name)(command)
        known = _schedules.setdefault(settings_class.context, [])
        dry = "dry_run" in signature.parameters
        known += [ScheduledRun(name, arguments, schedule, dry) for arguments, schedule in runs.items()]
        return work

    return register


async def _take(session: AsyncSession, name: str) -> bool:
    return await try_lock(session, f"job.{name}")
