"""Access to a service's own database."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.pool import NullPool, QueuePool

from shared.database.tracing import TracedCursor, trace_engine
from shared.settings import ServiceSettings
from shared.telemetry.pools import POOLS
from shared.telemetry.spans import is_tracing, span

# A server that is gone without a word (a cut line, a dead host) is noticed within half a minute, not within hours.
KEEP_ALIVE = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 25_000}


class Database:
    """Owns the connections of one process.

    `transaction()` is the way in: a session that commits when the block ends and rolls back when it raises. `pool` gives
    plain psycopg connections for the few paths where the ORM's cost matters; it is opened by `open()`.
    """

    def __init__(self, settings: ServiceSettings, *, pooled: bool = True) -> None:
        url = make_url(settings.database_url)
        options = (
            f"-c lock_timeout={settings.database_lock_timeout_ms} "
            f"-c statement_timeout={settings.database_statement_timeout_ms} "
            f"-c idle_in_transaction_session_timeout={settings.database_idle_timeout_ms} -c timezone=UTC"
        )
        arguments: dict[str, Any] = {
            "options": options,
            "connect_timeout": 5,
            "application_name": settings.context,
            **KEEP_ALIVE,
        }
        if settings.is_behind_pooler:
            # The next transaction may be on another connection of the server, which knows nothing of what was prepared.
            # The pooler ignores `options` and sets the same limits itself (deploy/images/pgbouncer).
            arguments["prepare_threshold"] = None
        wait = settings.database_pool_wait_ms / 1_000
        self.url = url
        self._session_url = make_url(settings.session_url)
        self.engine: AsyncEngine = create_async_engine(
            url.set(drivername="postgresql+psycopg"),
            connect_args=arguments,
            # Values are people's, and errors are logged.
            hide_parameters=True,
            **(
                {
                    "pool_size": settings.database_pool_size,
                    "max_overflow": 0,
                    "pool_timeout": wait,
                    "pool_pre_ping": False,
                }
                if pooled
                else {"poolclass": NullPool}
            ),
        )
        if is_tracing():
            trace_engine(self.engine)
        self._sessions = async_sessionmaker(self.engine, expire_on_commit=False)
        self.pool: AsyncConnectionPool[AsyncConnection] = AsyncConnectionPool(
            url.set(drivername="postgresql").render_as_string(hide_password=False),
            kwargs={**arguments, **({"cursor_factory": TracedCursor} if is_tracing() else {})},
            min_size=0,
            max_size=settings.database_pool_size,
            timeout=wait,
            open=False,
        )

        POOLS.watch(self)

    def usage(self) -> Iterable[tuple[str, int, int, int]]:
        """Of each pool: its name, connections in use, connections open, requests that wait for one."""
        orm = self.engine.pool
        if isinstance(orm, QueuePool):
            # SQLAlchemy does not count who waits.
            yield "orm", orm.checkedout(), orm.checkedout() + orm.checkedin(), 0
        stats = self.pool.get_stats()
        held, idle = stats.get("pool_size", 0), stats.get("pool_available", 0)
        yield "plain", held - idle, held, stats.get("requests_waiting", 0)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """A session inside one transaction."""
        with span("transaction"):
            async with self._sessions.begin() as session:
                yield session

    async def connect(self) -> AsyncConnection:
        """A plain connection to the server itself, in autocommit, for LISTEN and session-wide locks."""
        return await AsyncConnection.connect(
            self._session_url.set(drivername="postgresql").render_as_string(hide_password=False),
            autocommit=True,
            connect_timeout=5,
            **KEEP_ALIVE,
        )

    async def open(self) -> None:
        await self.pool.open(wait=False)

    async def close(self) -> None:
        await self.pool.close()
        await self.engine.dispose()
