"""Looking for a person everywhere: every table of every database, every key of the broker, every stored file, every log."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import psycopg
from psycopg import sql
from redis.asyncio import Redis

from local.platform import Platform
from local.topology import SERVICES


def in_databases(platform: Platform, marks: Mapping[str, str]) -> list[str]:
    """Where a mark is in a row, as PostgreSQL writes the whole of it: `users.account: name`."""
    seen: list[str] = []
    for service in SERVICES:
        address = platform.servers.addresses()[f"DATABASE_URL_{service.upper()}"]
        with psycopg.connect(address) as connection:
            tables = connection.execute("SELECT relname FROM pg_stat_user_tables ORDER BY relname").fetchall()
            assert tables, service
            for (table,) in tables:
                for name, mark in marks.items():
                    query = sql.SQL("SELECT count(*) FROM {} t WHERE lower(t::text) LIKE lower(%s)").format(
                        sql.Identifier(table)
                    )
                    row = connection.execute(query, (f"%{_escaped(mark)}%",)).fetchone()
                    seen += [f"{service}.{table}: {name}"] if row and row[0] else []
    return seen


def _escaped(mark: str) -> str:
    return mark.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


async def in_broker(platform: Platform, marks: Mapping[str, str]) -> list[str]:
    """Where a mark is in a key of the broker, its name included."""
    seen: list[str] = []
    redis = Redis.from_url(platform.servers.addresses()["REDIS_URL"])
    try:
        async for key in redis.scan_iter(count=1_000):
            text = f"{key!r} {await _content(redis, key)!r}".lower()
            seen += [f"{key.decode()}: {name}" for name, mark in marks.items() if _bytes(mark) in text]
    finally:
        await redis.aclose()
    return seen


def _bytes(mark: str) -> str:
    """A mark as it reads within the repr of bytes."""
    return repr(mark.lower().encode())[2:-1]


async def _content(redis: Redis, key: bytes) -> object:
    kind = (await redis.type(key)).decode()
    if kind == "stream":
        return await redis.xrange(key)
    if kind == "hash":
        return await redis.hgetall(key)
    if kind == "zset":
        return await redis.zrange(key, 0, -1)
    if kind == "set":
        return await redis.smembers(key)
    if kind == "list":
        return await redis.lrange(key, 0, -1)
    return await redis.get(key)


def in_files(folder: Path, marks: Mapping[str, str]) -> list[str]:
    """Where a mark is in a file or in its name."""
    seen: list[str] = []
    for path in _files(folder):
        content = path.read_bytes().lower()
        seen += [
            f"{path.name}: {name}"
            for name, mark in marks.items()
            if mark.lower().encode() in content or mark.lower() in path.name.lower()
        ]
    return seen


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())
