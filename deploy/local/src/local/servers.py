"""PostgreSQL, Valkey and the broker for the platform: embedded below `var/`, or those that the environment names."""

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager

from local.brokers import BrokerKind, remember, remembered
from local.embedded import EmbeddedServer, port_is_busy
from local.nats_server import NatsServer
from local.postgres import Postgres
from local.secrets_file import local_secrets
from local.topology import SERVICES, Topology
from local.valkey import Valkey


class Servers:
    """The servers of one run. `environment` holds the addresses for child processes once `start` has returned.

    `broker` is the kind that carries events; by default the one that these data were last used with. BROKER_URL, in the
    environment or in `.env.local.secret`, names one that is not ours.
    """

    def __init__(self, topology: Topology, broker: BrokerKind | None = None) -> None:
        self._topology = topology
        self.broker = broker or remembered(topology.var)
        self._outside = {
            name: os.environ[name]
            for name in (*(f"DATABASE_URL_{service.upper()}" for service in SERVICES), "REDIS_URL")
            if os.environ.get(name)
        }
        named = os.environ.get("BROKER_URL") or local_secrets().get("BROKER_URL")
        if named:
            self._outside["BROKER_URL"] = named
        self.environment: dict[str, str] = dict(self._outside)
        #: Options of postgresql.conf for the embedded PostgreSQL of this run.
        self.postgres_settings: Mapping[str, str] = {}
        self.postgres: Postgres | None = None
        self.valkey: Valkey | None = None
        self.nats: NatsServer | None = None

    @property
    def embedded_databases(self) -> list[str]:
        """The services whose database is ours to run."""
        return [service for service in SERVICES if f"DATABASE_URL_{service.upper()}" not in self._outside]

    @property
    def needs_valkey(self) -> bool:
        return "REDIS_URL" not in self._outside

    @property
    def needs_nats(self) -> bool:
        return self.broker == BrokerKind.nats and "BROKER_URL" not in self._outside

    @property
    def names(self) -> str:
        """What `start` starts, in words."""
        return "PostgreSQL, Valkey and NATS" if self.needs_nats else "PostgreSQL and Valkey"

    def start(self) -> None:
        """Start what the environment does not replace. Raises LocalError in a sentence."""
        if self.embedded_databases:
            self.postgres = Postgres(
                self._topology.var / "postgres", self._topology.postgres_port, settings=self.postgres_settings
            )
            self.postgres.start()
            for service in self.embedded_databases:
                self.postgres.create_database(service, service, service)
        if self.needs_valkey:
            self.valkey = Valkey(self._topology.var / "valkey", self._topology.valkey_port)
            self.valkey.start()
        if self.needs_nats:
            self.nats = NatsServer(self._topology.var / "nats", self._topology.nats_port)
            self.nats.start()
        remember(self._topology.var, self.broker)
        self.environment.update(self.addresses())

    def addresses(self) -> dict[str, str]:
        """DATABASE_URL_*, REDIS_URL and BROKER_URL as the children get them, whether the servers run yet or not."""
        port = self._topology.postgres_port
        found = {
            f"DATABASE_URL_{service.upper()}": f"postgresql://{service}:{service}@127.0.0.1:{port}/{service}"
            for service in self.embedded_databases
        }
        if self.needs_valkey:
            found["REDIS_URL"] = f"redis://127.0.0.1:{self._topology.valkey_port}/0"
        if self.needs_nats:
            found["BROKER_URL"] = f"nats://127.0.0.1:{self._topology.nats_port}"
        return {**found, **self._outside}

    @property
    def started(self) -> bool:
        """Whether there is a server of ours to stop."""
        return any(server is not None and server.pid for server in self._ours)

    @property
    def _ours(self) -> tuple[EmbeddedServer | None, ...]:
        return self.postgres, self.valkey, self.nats

    def dead(self) -> str | None:
        """The name of a server of ours that is gone, None while all is well."""
        for server in self._ours:
            if server is not None and server.returncode is not None:
                return server.name
        return None

    def stop(self) -> None:
        """Stop what was started."""
        for server in reversed(self._ours):
            if server is not None:
                server.stop()


@contextmanager
def running_servers(topology: Topology) -> Iterator[dict[str, str]]:
    """Child environment for one command: uses the servers of a running `./pc start`, else starts them for as long.

    A server that runs is recognised by the platform's own ports; a foreign program on them shows as a refused login.
    """
    servers = Servers(topology)
    with ExitStack() as stack:
        busy = port_is_busy(topology.postgres_port) or port_is_busy(topology.valkey_port)
        if not busy:
            stack.callback(servers.stop)
            servers.start()
        yield {**os.environ, **topology.environment(), **servers.addresses()}
