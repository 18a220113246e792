"""The commands of `./pc`. Each says what it does here and leaves the doing to a module of its own."""

import os
import sys
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from local.bench.command import bench
from local.brokers import BrokerKind
from local.console import err, fail, out, print_json, say, step
from local.errors import LocalError
from local.topology import WITH_SANDBOX, Topology


class Service(StrEnum):
    """The services, for the command line."""

    users = "users"
    offers = "offers"
    bookings = "bookings"
    documents = "documents"


class SandboxName(StrEnum):
    """The data sets that every service can build."""

    tiny = "tiny"
    industrial = "industrial"


class Profile(StrEnum):
    """What deploy/compose.yaml runs around the core."""

    mail = "mail"
    files = "files"
    observability = "observability"
    nats = "nats"


class Branch(StrEnum):
    """The migration branches."""

    pre = "pre"
    post = "post"


AsJson = Annotated[bool, typer.Option("--json", help="A JSON document on standard output, for scripts.")]
Offset = Annotated[
    int,
    typer.Option(
        "--port-offset",
        envvar="PC_PORT_OFFSET",
        min=0,
        max=20000,
        help="Move every port, to run two checkouts at once.",
    ),
]

app = typer.Typer(
    name="./pc",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help=(
        "The pass Culture backend on your machine.\n\n"
        "[bold]./pc start[/] runs everything (PostgreSQL and Valkey included), [bold]./pc test[/] runs every test. "
        "Nothing needs to be installed first but Python 3.11.\n\n"
        "Set DATABASE_URL_USERS, …_OFFERS, …_BOOKINGS, …_DOCUMENTS, REDIS_URL and BROKER_URL to use servers of your own."
    ),
)
RUNNING, DATA, CODE = "Running", "Data", "Code"


@app.command(rich_help_panel=RUNNING)
def start(
    offset: Offset = 0,
    sandbox: Annotated[str, typer.Option(help="Built on the first start; `none` for empty databases.")] = "tiny",
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Keep the log in var/log/ only.")] = False,
    broker: Annotated[
        BrokerKind | None,
        typer.Option(help="What carries events; kept until another is named. BROKER_URL names one that runs already."),
    ] = None,
    docker: Annotated[bool, typer.Option("--docker", help="In containers, by deploy/compose.yaml.")] = False,
    profile: Annotated[
        list[Profile] | None,
        typer.Option("--profile", help="With --docker: what runs around the core (again for more)."),
    ] = None,
) -> None:
    """Start the whole platform and show its log; Ctrl-C stops it. Data is kept in var/."""
    if sandbox not in ("none", *SandboxName):
        raise typer.BadParameter(f"one of none, {', '.join(SandboxName)}", param_hint="--sandbox")
    data_set = None if sandbox == "none" else sandbox
    if docker and broker is not None:
        raise typer.BadParameter("with --docker, `--profile nats` brings NATS", param_hint="--broker")
    if docker:
        from local.start_docker import start as run_containers

        profiles = [str(name) for name in profile or []]
        raise typer.Exit(run_containers(Topology(offset), sandbox=data_set, quiet=quiet, profiles=profiles))
    from local.start import start as run

    raise typer.Exit(run(Topology(offset), sandbox=data_set, quiet=quiet, broker=broker))


app.command("start-backend", hidden=True, help="The same as start.")(start)


@app.command(rich_help_panel=RUNNING)
def status(offset: Offset = 0, as_json: AsJson = False) -> None:
    """Ask every process how it is; fails when one is not up."""
    from local import health

    healths = health.ask_all(Topology(offset).processes())
    up = all(item.state == "up" for item in healths)
    if as_json:
        print_json({"up": up, "processes": [item.as_dict() for item in healths]})
    else:
        out.print(health.table(healths))
    raise typer.Exit(0 if up else 1)


@app.command(rich_help_panel=RUNNING)
def logs(
    name: Annotated[str | None, typer.Argument(help="A process (users-api) or a service (users); all without.")] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with what is added.")] = False,
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, help="How many last lines of each log.")] = 50,
) -> None:
    """Show what the processes printed."""
    from local.logs import show

    show(name, lines=lines, follow=follow)


@app.command(rich_help_panel=RUNNING)
def trace(
    wanted: Annotated[
        str | None,
        typer.Argument(help="A trace's id, or part of a route (POST /native/v1/bookings); the last without."),
    ] = None,
    html: Annotated[Path | None, typer.Option(help="Write a page to this file instead.")] = None,
    offset: Offset = 0,
) -> None:
    """Show one request's way through all processes: calls, SQL, events, mails, documents."""
    from local import traces

    found = traces.find(traces.read_spans(Topology(offset).traces), wanted)
    if html is None:
        out.print(traces.as_text(found), markup=False, soft_wrap=True, highlight=False)
    else:
        html.write_text(traces.as_page(found))
        say(f"[green]✓[/] {html}")


@app.command(rich_help_panel=CODE)
def images(
    ca: Annotated[Path | None, typer.Option(help="A proxy's certificate; by default what PIP_CERT names.")] = None,
    version: Annotated[str, typer.Option(help="The tag.")] = "dev",
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show what the builds print.")] = False,
) -> None:
    """Build the images of the services, the gateway and the pooler."""
    from local import standins
    from local.engine import Engine
    from local.images import IMAGES, build

    engine = Engine.required()
    with step("Looking for the base images"):
        bases = standins.bases(engine)
    for image in IMAGES:
        with step(f"{image.repository}:{version}"):
            reference = build(engine, image, bases, version=version, ca=ca, quiet=not verbose)
        say(f"  {engine.image_bytes(reference) / 1e6:.0f} MB")


@app.command(rich_help_panel=DATA)
def secrets() -> None:
    """Make the secrets of deploy/compose.yaml that are missing, at random, below var/docker/secrets."""
    from local import deployment_secrets
    from local.paths import relative

    made = deployment_secrets.make()
    say(f"{relative(deployment_secrets.FOLDER)}: {', '.join(made) or 'all were there'}")


_PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": ["--pc-help"]}


@app.command(rich_help_panel=CODE, context_settings=_PASS_ON)
def test(context: typer.Context) -> None:
    """Run the tests; arguments go to pytest (./pc test services/users -k signin). `fuzz` is hostile input alone
    (`--examples 200`: as many generated requests to each operation), `faults` every fault (`--times 10`: so often)
    `deploy` the containers (needs an engine).
    """
    from local.faults import faults
    from local.fuzz import fuzz
    from local.libraries import check_libraries
    from local.run import run, tool

    check_libraries()
    arguments, environment = list(context.args), {}
    if not arguments:
        arguments = ["-n", str(min(os.cpu_count() or 1, 3))]
    elif arguments[0] == "fuzz":
        arguments, environment = fuzz(arguments[1:])
    elif arguments[0] == "faults":
        arguments, environment = faults(arguments[1:])
    elif arguments[0] == "deploy":
        # Told what it does, since it takes minutes; and one after the other, on one set of containers.
        arguments, environment = ["-n0", "-s", "-v", "tests/deploy", *arguments[1:]], {"PC_TEST_DEPLOY": "1"}
    raise typer.Exit(run([tool("pytest"), *arguments], {**os.environ, **environment}))


app.command("test-backend", hidden=True, context_settings=_PASS_ON, help="The same as test.")(test)


app.command(rich_help_panel=CODE)(bench)


@app.command(rich_help_panel=DATA)
def migrate(
    services: Annotated[list[Service] | None, typer.Argument(help="Which services; all without.")] = None,
    offset: Offset = 0,
) -> None:
    """Bring the databases to the current schema."""
    from local.migrations import migrate as run

    run(Topology(offset), [str(service) for service in services or []])
    say("[green]✓[/] The databases are up to date.")


@app.command(rich_help_panel=CODE)
def revision(
    service: Annotated[Service, typer.Argument(help="Whose models changed.")],
    message: Annotated[str, typer.Option("--message", "-m", help="What the migration does.")],
    branch: Annotated[Branch, typer.Option(help="pre: before the new code is live; post: after it.")] = Branch.pre,
    empty: Annotated[bool, typer.Option(help="Do not compare models and database.")] = False,
    offset: Offset = 0,
) -> None:
    """Write a migration by comparing a service's models with its database."""
    from local.migrations import revision as run

    raise typer.Exit(run(Topology(offset), service, message, branch, empty=empty))


@app.command(rich_help_panel=DATA)
def sandbox(
    name: Annotated[SandboxName, typer.Option("--name", "-n", help="Which data set.")],
    offset: Offset = 0,
) -> None:
    """Build a data set for development. The platform must run, since facts travel between services. Idempotent."""
    from local import health
    from local.run import run
    from local.sandboxes import remember
    from local.servers import Servers

    topology = Topology(offset)
    late = [item.name for item in health.ask_all(topology.processes()) if item.state != "up"]
    if late:
        raise LocalError(f"Not up: {', '.join(late)}. Run ./pc start in another terminal first.")
    environment = {**os.environ, **topology.environment(), **Servers(topology).addresses()}
    for service in WITH_SANDBOX:
        with step(f"{service}: {name}"):
            code = run([sys.executable, "-m", service, "sandbox", name], environment)
        if code != 0:
            raise LocalError(f"The sandbox of {service} failed; what it printed is above.")
    remember(name)


@app.command(rich_help_panel=DATA)
def audit(offset: Offset = 0, as_json: AsJson = False) -> None:
    """Compare the four databases and the streams: laws, replicas, what is on its way, what was set aside."""
    from local.audit import audit as look
    from local.servers import running_servers

    with running_servers(Topology(offset)) as environment:
        os.environ.update(environment)
        report = look(environment)
    if as_json:
        print_json(report.as_dict())
    else:
        for line in report.lines():
            fail(line)
        if report.is_clean:
            say(f"[green]✓[/] {report.rows} replicated rows are as their owners', every law holds, nothing waits.")
    raise typer.Exit(0 if report.is_clean else 1)


@app.command(rich_help_panel=DATA)
def jobs(
    names: Annotated[list[str] | None, typer.Argument(help="Services or jobs; those that are due without.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Those that are not due too.")] = False,
    dry_run: Annotated[bool, typer.Option(help="Only count, with those jobs that can.")] = False,
    show: Annotated[bool, typer.Option("--list", help="Run nothing; say what there is and when.")] = False,
    offset: Offset = 0,
    as_json: AsJson = False,
) -> None:
    """Run the jobs that are due: what cron does elsewhere. The platform must run for those that ask partners."""
    from local import jobs as scheduled
    from local.console import job_table
    from local.servers import running_servers

    now = datetime.now(UTC)
    known = scheduled.known_jobs()
    unknown = [name for name in names or [] if not any(name in (job.service, job.run.job) for job in known)]
    if unknown:
        raise typer.BadParameter(f"no job is called {', '.join(unknown)}; see ./pc jobs --list")
    wanted = scheduled.chosen(known, names or [], now, every=every or show)
    if show:
        rows = [
            {"job": job.name, "when": job.run.schedule.words, "cron": job.run.schedule.cron, "due": job.is_due(now)}
            for job in wanted
        ]
        print_json(rows) if as_json else out.print(job_table(rows))
        return

    def tell(outcome: scheduled.Outcome) -> None:
        if not as_json:
            counted = ", ".join(f"{count} {name}" for name, count in outcome.counts.items())
            mark = "[green]✓[/]" if outcome.status == "done" else "[red]✗[/]"
            say(f"{mark} {outcome.job.name} [dim]{outcome.status}[/] {counted}")
            if outcome.status == "failed":
                err.print(outcome.errors, markup=False, soft_wrap=True)

    with running_servers(Topology(offset)) as environment:
        outcomes = scheduled.run_jobs(wanted, environment, tell, dry_run=dry_run)
    if as_json:
        print_json([{"job": item.job.name, "status": item.status, "counts": item.counts} for item in outcomes])
    elif not outcomes:
        say("Nothing is due.")
    raise typer.Exit(1 if any(item.status == "failed" for item in outcomes) else 0)


@app.command(rich_help_panel=DATA)
def reset(
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    offset: Offset = 0,
) -> None:
    """Forget all local data: databases, broker, stored files, logs. Databases that the environment names are left."""
    from local.reset import reset as run

    if not yes and not typer.confirm("Forget all local data below var/?"):
        raise typer.Exit(1)
    run(Topology(offset))
    say("[green]✓[/] All local data is gone; the next ./pc start begins anew.")


@app.command("python", rich_help_panel=CODE)
def python_shell(
    service: Annotated[Service, typer.Argument(help="Whose database and factories.")],
    command: Annotated[str | None, typer.Option("-c", help="Run this instead of asking.")] = None,
    file: Annotated[Path | None, typer.Option("-f", help="Run this file instead (- reads standard input).")] = None,
    offset: Offset = 0,
) -> None:
    """Open a Python shell with a session and the factories of a service; `await` works in it."""
    from local.run import run
    from local.servers import running_servers

    options = ["-c", command] if command is not None else ["-f", str(file)] if file is not None else []
    with running_servers(Topology(offset)) as environment:
        code = run([sys.executable, "-m", "local.shell", service, *options], environment)
    raise typer.Exit(code)


@app.command(rich_help_panel=CODE)
def openapi(
    check: Annotated[bool, typer.Option("--check", help="Write nothing; fail when a snapshot is stale.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write the snapshots of the OpenAPI documents and event schemas (tests/contract/)."""
    from local import snapshots
    from local.paths import relative

    files = snapshots.expected()
    stale = snapshots.stale(files)
    if as_json:
        print_json({"checked": [relative(path) for path in files], "stale": [relative(path) for path in stale]})
    if check:
        if not as_json:
            for line in snapshots.differences(files):
                fail(line)
            if not stale:
                say(f"[green]✓[/] The {len(files)} snapshots are what the code serves.")
        raise typer.Exit(1 if stale else 0)
    snapshots.write(files)
    if not as_json:
        for path in stale:
            say(f"[green]✓[/] {relative(path)}")
        say(f"{len(files)} snapshots, {len(stale)} changed.")


@app.command(rich_help_panel=CODE)
def docs() -> None:
    """Write one page with every contract: operations, events, who reads what."""
    from local.docs_site import write
    from local.paths import relative

    say(f"[green]✓[/] {relative(write())}")


@app.command(rich_help_panel=CODE)
def lint(
    only: Annotated[list[str] | None, typer.Option(help="Only this part (may be given again).")] = None,
    as_json: AsJson = False,
) -> None:
    """Check style, types, import rules, migrations, locks and stray addresses."""
    from local.lint import PARTS, Finding
    from local.lint import lint as run

    known = [part.name for part in PARTS]
    for name in only or []:
        if name not in known:
            raise typer.BadParameter(f"one of {', '.join(known)}", param_hint="--only")

    def tell(finding: Finding) -> None:
        if as_json:
            return
        mark = "[red]✗[/]" if finding.text else "[green]✓[/]"
        say(f"{mark} {finding.part.name:<8} {finding.part.title} [dim]({finding.seconds:.1f} s)[/]")
        if finding.text:
            err.print(finding.text, markup=False, soft_wrap=True)

    findings = run(only or [], tell)
    if as_json:
        print_json([{"part": item.part.name, "ok": not item.text, "found": item.text} for item in findings])
    raise typer.Exit(1 if any(item.text for item in findings) else 0)


@app.command(rich_help_panel=CODE)
def lock(
    upgrade: Annotated[bool, typer.Option(help="Take the newest versions instead of keeping those locked.")] = False,
) -> None:
    """Write deploy/locks: one lock for each deployable and one for development."""
    from local import locks
    from local.paths import relative

    for target in locks.targets():
        with step(relative(target.path)):
            locks.write(target, upgrade=upgrade and target.name == "dev")
    for problem in (problems := locks.problems()):
        fail(problem)
    raise typer.Exit(1 if problems else 0)


@app.command("install-hooks", rich_help_panel=CODE)
def install_hooks() -> None:
    """Check every commit with the quick parts of ./pc lint."""
    from local.run import run, tool

    raise typer.Exit(run([tool("pre-commit"), "install", "--install-hooks"]))


def main() -> None:
    """Run a command; an error of ours is a sentence on standard error and a 1."""
    try:
        app(prog_name="./pc")
    except LocalError as error:
        fail(str(error))
        sys.exit(1)
