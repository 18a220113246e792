"""The embedded servers start, stop, survive a kill, and say clearly why they cannot start."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from redis import Redis

from local.brokers import BrokerKind, remembered
from local.embedded import port_is_busy
from local.errors import LocalError
from local.nats_server import NatsServer, find_binary
from local.postgres import Postgres, elsewhere
from local.privileges import Account, reachable
from local.servers import Servers
from local.topology import SERVICES, Topology
from local.valkey import Valkey


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_data_survives_a_stop_and_a_kill(postgres: Postgres) -> None:
    postgres.start()
    with psycopg.connect(postgres.url()) as connection:
        connection.execute("CREATE TABLE kept (n int)")
    postgres.stop()
    assert not port_is_busy(postgres.port)

    postgres.start()
    with psycopg.connect(postgres.url()) as connection:
        connection.execute("INSERT INTO kept VALUES (1)")
    postgres.kill()

    postgres.start()
    with psycopg.connect(postgres.url()) as connection:
        assert connection.execute("SELECT n FROM kept").fetchall() == [(1,)]


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="reads the owner from /proc")
def test_postgres_never_runs_as_root(postgres: Postgres) -> None:
    postgres.start()
    assert postgres.pid is not None
    owner = Path(f"/proc/{postgres.pid}").stat().st_uid
    assert owner != 0
    assert postgres.returncode is None


def test_roles_cannot_read_one_anothers_database(postgres: Postgres) -> None:
    postgres.start()
    for name in ("users", "offers"):
        postgres.create_database(name, name, f"secret of {name}")
    postgres.create_database("users", "users", "secret of users")  # a second time changes nothing

    with psycopg.connect(postgres.url("users", "users", "secret of users")) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS unaccent")
        assert connection.execute("SELECT current_user").fetchone() == ("users",)
    with pytest.raises(psycopg.OperationalError, match="permission denied"):
        psycopg.connect(postgres.url("offers", "users", "secret of users"))
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(postgres.url("offers", "offers", "secret of users"))


def test_a_busy_port_is_named(taken_port: int, tmp_path: Path) -> None:
    server = Postgres(tmp_path / "postgres", taken_port)
    try:
        with pytest.raises(LocalError, match=f"Port {taken_port} is in use"):
            server.start()
    finally:
        server.destroy()
    with pytest.raises(LocalError, match=f"Port {taken_port} is in use"):
        Valkey(tmp_path / "valkey", taken_port).start()


def test_a_second_server_on_the_same_data_is_refused(postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local.postgres._LEFT_OVER_SECONDS", 0.1)
    postgres.start()
    with pytest.raises(LocalError, match=f"already runs on .* \\(process {postgres.pid}\\)"):
        Postgres(postgres.directory).start()


def test_a_bad_setting_shows_the_log(tmp_path: Path) -> None:
    server = Postgres(tmp_path / "postgres", settings={"shared_buffers": "nonsense"})
    try:
        with pytest.raises(LocalError, match='invalid value for parameter "shared_buffers"'):
            server.start()
    finally:
        server.destroy()


def test_the_server_dies_with_the_process_that_started_it(tmp_path: Path) -> None:
    if not sys.platform.startswith("linux"):
        pytest.skip("the kernel tells of a parent's death on Linux only")
    script = (
        "import os, pathlib, signal, sys\n"
        "from local.postgres import Postgres\n"
        "server = Postgres(pathlib.Path(sys.argv[1])); server.start()\n"
        "print(server.port, flush=True); os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    directory = tmp_path / "postgres"
    killed = subprocess.run([sys.executable, "-c", script, str(directory)], capture_output=True, text=True, check=False)
    assert killed.returncode == -signal.SIGKILL
    again = Postgres(directory, int(killed.stdout))
    deadline = time.monotonic() + 10
    while port_is_busy(again.port) and time.monotonic() < deadline:
        os.sched_yield()
    again.start()
    with psycopg.connect(again.url()) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    again.destroy()


def test_a_private_folder_is_left_as_it_is(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root hands the server to another account")
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    server = Postgres(private / "postgres")
    server.start()
    away = elsewhere(private / "postgres")
    assert away is not None
    assert away.is_dir()
    assert private.stat().st_mode & 0o777 == 0o700
    server.destroy()
    assert not away.exists()


def test_reachable_looks_at_every_folder(tmp_path: Path) -> None:
    stranger = Account(uid=65534, gid=65534, name="nobody")
    inner = tmp_path / "closed" / "open"
    inner.mkdir(parents=True)
    inner.parent.chmod(0o700)
    assert not reachable(inner, stranger)
    assert reachable(inner, Account(uid=inner.parent.stat().st_uid, gid=0, name="owner")) or tmp_path.stat().st_uid != 0
    assert reachable(Path("/"), stranger)


def test_valkey_keeps_data_only_where_it_has_a_folder(tmp_path: Path) -> None:
    durable = Valkey(tmp_path / "valkey")
    with durable:
        Redis.from_url(durable.url).set("kept", "1")
    with durable:
        assert Redis.from_url(durable.url).get("kept") == b"1"

    passing = Valkey()
    with passing:
        Redis.from_url(passing.url).set("kept", "1")
    assert not passing.directory.exists()


@pytest.fixture
def nats(tmp_path: Path) -> NatsServer:
    try:
        find_binary()
    except LocalError as error:
        pytest.skip(f"NOT TESTED: {error}")
    return NatsServer(tmp_path / "nats")


def _info(server: NatsServer) -> dict[str, object]:
    """What the server says of itself to whoever connects."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
        return json.loads(connection.makefile().readline().removeprefix("INFO "))


def test_nats_has_jetstream_and_starts_again_after_a_kill(nats: NatsServer) -> None:
    with nats:
        first = _info(nats)
        assert first["jetstream"] is True
        assert first["max_payload"] == 8 * 1024 * 1024
        assert nats.data.is_dir()
        nats.kill()
        assert not nats.answers()
        nats.start()
        assert _info(nats)["server_id"] != first["server_id"]
    nats.forget()
    assert not nats.data.exists()
    assert nats.returncode is None


def test_a_missing_nats_is_told_with_what_brings_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LocalError, match="apt install nats-server"):
        find_binary()


@pytest.fixture
def databases_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    for service in SERVICES:
        monkeypatch.setenv(f"DATABASE_URL_{service.upper()}", f"postgresql://elsewhere/{service}")
    for name in ("REDIS_URL", "BROKER_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.usefixtures("databases_elsewhere", "nats")
def test_the_kind_of_broker_is_kept_until_another_is_named(tmp_path: Path) -> None:
    topology = Topology.on_free_ports(tmp_path / "var")
    plain = Servers(topology)
    assert (plain.broker, plain.needs_nats) == (BrokerKind.redis, False)
    assert "BROKER_URL" not in plain.addresses()

    chosen = Servers(topology, BrokerKind.nats)
    try:
        chosen.start()
        assert chosen.environment["BROKER_URL"] == f"nats://127.0.0.1:{topology.nats_port}"
        assert port_is_busy(topology.nats_port)
        assert chosen.dead() is None
        assert chosen.nats is not None
        chosen.nats.kill()
    finally:
        chosen.stop()
    # `./pc audit` and the next start know.
    assert Servers(topology).addresses() == chosen.addresses()
    assert remembered(topology.var) == BrokerKind.nats
    assert not Servers(topology, BrokerKind.redis).needs_nats


@pytest.mark.usefixtures("databases_elsewhere")
def test_a_broker_that_is_named_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROKER_URL", "nats://elsewhere:4222")
    found = Servers(Topology(0, tmp_path), BrokerKind.nats)
    assert not found.needs_nats
    assert found.addresses()["BROKER_URL"] == "nats://elsewhere:4222"
    monkeypatch.delenv("BROKER_URL")
    monkeypatch.setattr("local.servers.local_secrets", lambda: {"BROKER_URL": "nats://secret:4222"})
    assert Servers(Topology(0, tmp_path)).addresses()["BROKER_URL"] == "nats://secret:4222"
