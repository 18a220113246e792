"""The way to Redis, from any process. What carries events may be another broker: `shared.events.brokers`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from redis.asyncio import Connection, ConnectionPool, Redis, SSLConnection
from redis.exceptions import ConnectionError as NotConnected


class _Honest:
    """Says that a line is broken in the library's words. uvloop raises RuntimeError for a transport that is closed, which
    nobody who waits for a broken line expects, and which the library does not try again.
    """

    async def send_packed_command(self, command: bytes | str | Iterable[bytes], check_health: bool = True) -> None:
        try:
            await super().send_packed_command(command, check_health)  # type: ignore[misc]
        except RuntimeError as error:
            raise NotConnected(f"the line is closed: {error}") from error


class _Line(_Honest, Connection):
    pass


class _SecureLine(_Honest, SSLConnection):
    pass


_LINES: dict[type[Any], type[Any]] = {Connection: _Line, SSLConnection: _SecureLine}


def connect(url: str, **options: Any) -> Redis:
    """A client of the Redis at `redis://…` or `rediss://…`; options are those of `Redis.from_url`. Nothing is sent yet."""
    pool: ConnectionPool = ConnectionPool.from_url(url, **options)
    pool.connection_class = _LINES.get(pool.connection_class, pool.connection_class)
    return Redis.from_pool(pool)
