"""Counts the round trips that a piece of work makes to PostgreSQL, by what its connection sends and receives."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool


def _turns(trace: str) -> int:
    """How often the client spoke after the server had: `F` lines are ours, `B` lines the server's."""
    directions = [line.split("\t")[1] for line in trace.splitlines() if line.count("\t") > 1]
    return sum(before == "B" and after == "F" for before, after in zip(["B", *directions], directions, strict=False))


@asynccontextmanager
async def round_trips(pool: AsyncConnectionPool[AsyncConnection]) -> AsyncIterator[Callable[[], int]]:
    """`async with round_trips(pool) as seen: …; seen()` counts those inside the block, once it has ended.

    The work must be sequential on a pool that has at most one connection so far: that one is watched.
    """
    count = 0
    with tempfile.TemporaryFile("w+b") as file:
        async with pool.connection() as connection:
            connection.pgconn.trace(file.fileno())
        watched = connection
        yield lambda: count
        async with pool.connection() as connection:
            if connection is not watched:
                raise RuntimeError("the pool has more than one connection")
            connection.pgconn.untrace()
        file.seek(0)
        count = _turns(file.read().decode(errors="replace"))
