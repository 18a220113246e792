"""`./pc lint`: every check that runs without starting anything, each a named part."""

import re
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from local import deployables, locks
from local.migrations import written_sql
from local.paths import ROOT, relative
from local.run import capture, tool

_CODE = tuple(name for name in ("pc", "shared", "gateway", "services", "deploy", "tests") if (ROOT / name).exists())
#: Nothing that is committed may hold a path of one machine or the address of a package registry.
_FOREIGN = re.compile(
    r"(/work/(?:main|shared|steering|\.library)|/f[a]rm/|/home/\w+/|/Users/\w+/"
    r"|pypi\.org/simple|pythonhosted\.org|registry\.npmjs\.org|deb\.debian\.org)"
)
_SQUAWK_EXCLUDED = (
    "adding-required-field",
    "ban-drop-column",
    "ban-drop-not-null",
    "ban-drop-table",
    "renaming-table",
    "renaming-column",
    "prefer-identity",
    "prefer-timestamptz",
    "require-timeout-settings",
    # Lengths are bounded on purpose, and identifiers are 64-bit: what is left as an integer is a delay or a count.
    "prefer-text-field",
    "prefer-bigint-over-int",
    "prefer-bigint-over-smallint",
    # Each migration runs in one transaction with bounded lock waits, see shared.database.migrations.
    "transaction-nesting",
    "prefer-robust-stmts",
)


@dataclass(frozen=True)
class Part:
    """One check: how it is called and what it does; `check` answers with what it found, empty when all is well."""

    name: str
    title: str
    check: Callable[[], str]


def _tool(*command: str) -> Callable[[], str]:
    def check() -> str:
        status, output, errors = capture([tool(command[0]), *command[1:]])
        return "" if status == 0 else (output + errors).strip() or f"{command[0]} exited with {status}"

    return check


def _squawk() -> str:
    with tempfile.TemporaryDirectory() as folder:
        files = written_sql(Path(folder))
        if not files:
            return "No service has a migration."
        excluded = ",".join(_SQUAWK_EXCLUDED)
        command = [
            tool("squawk"),
            "--pg-version",
            "15",
            "--assume-in-transaction",
            "--reporter",
            "gcc",
            "--exclude",
            excluded,
        ]
        status, output, errors = capture([*command, *map(str, files)])
        return "" if status == 0 else (output + errors).strip().replace(folder + "/", "")


def _hadolint() -> str:
    """Every Dockerfile that is committed, or about to be."""
    files = capture(["git", "ls-files", "--cached", "--others", "--exclude-standard", "*Dockerfile"])[1].split()
    status, output, errors = capture([tool("hadolint"), "--no-color", "--failure-threshold", "warning", *files])
    return "" if status == 0 else (output + errors).strip()


def _heads() -> str:
    """Exactly one head for each branch that exists."""
    from alembic.script import ScriptDirectory

    from shared.database.migrations import BRANCHES, configuration

    found = []
    for folder in sorted((ROOT / "services").iterdir()):
        if not (folder / "migrations").is_dir():
            continue
        script = ScriptDirectory.from_config(configuration(folder, "postgresql://localhost/none"))
        for branch in BRANCHES:
            of_branch = [
                head
                for head in script.get_heads()
                if branch in {label for item in script.iterate_revisions(head, "base") for label in item.branch_labels}
            ]
            if len(of_branch) != 1:
                found.append(f"{folder.name}: the branch {branch} has {len(of_branch)} heads, not one: {of_branch}")
    return "\n".join(found)


def foreign(paths: Sequence[Path]) -> list[str]:
    """`path:line: what` for each machine path or registry address in these files; binary files are passed over."""
    found = []
    for path in paths:
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [
            f"{relative(path)}:{number}: {match.group(0)}"
            for number, line in enumerate(text.splitlines(), 1)
            if (match := _FOREIGN.search(line))
        ]
    return found


def _foreign() -> str:
    status, output, errors = capture(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"])
    if status != 0:
        return f"git ls-files failed: {errors.strip()}"
    paths = [ROOT / name for name in output.split("\0") if name]
    kept = [path for path in paths if path.is_file() and not path.is_symlink() and path != Path(__file__).resolve()]
    return "\n".join(foreign(kept)[:40])


PARTS = (
    Part("ruff", "code style", _tool("ruff", "check", "--quiet", *_CODE)),
    Part("format", "formatting", _tool("ruff", "format", "--check", "--quiet", *_CODE)),
    Part("types", "types", _tool("pyrefly", "check", "--summary=none", "--output-format=min-text")),
    Part("imports", "import rules", _tool("lint-imports", "--no-cache")),
    Part("heads", "one head per migration branch", _heads),
    Part("squawk", "SQL of the migrations", _squawk),
    Part("locks", "locks fresh, hashed, without addresses", lambda: "\n".join(locks.problems())),
    Part("images", "each deployable runs from its lock alone", lambda: "\n".join(deployables.problems())),
    Part("docker", "Dockerfiles", _hadolint),
    Part("foreign", "no machine paths or registry addresses", _foreign),
)


@dataclass(frozen=True)
class Finding:
    """What one part found, and how long it took in seconds."""

    part: Part
    text: str
    seconds: float


def lint(names: Sequence[str], tell: Callable[[Finding], None]) -> list[Finding]:
    """Run the named parts (all without names), telling each result as it comes."""
    findings = []
    for part in PARTS:
        if names and part.name not in names:
            continue
        started = time.monotonic()
        finding = Finding(part, part.check(), time.monotonic() - started)
        tell(finding)
        findings.append(finding)
    return findings
