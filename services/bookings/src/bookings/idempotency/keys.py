"""A caller's key: claimed before anything is decided, answered with what was decided. Plain psycopg, as booking is.

Two things keep a key to one effect. The lock of `claim` makes a duplicate wait for the first and then find its answer;
the primary key of the table holds whatever happens to the lock, since an effect and its answer are one transaction.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b, sha256
from typing import Any, NamedTuple

from psycopg import AsyncConnection, errors
from psycopg.types.json import Jsonb
from psycopg_pool import AsyncConnectionPool

from shared import clock

PRIMARY_KEY = "pk_idempotency_key"
COLUMNS = ("user_id", "key", "fingerprint", "status", "body", "date_created")

_LOCK = b"SELECT pg_advisory_xact_lock(%(lock)s)"
_FIND = b"SELECT fingerprint, status, body FROM idempotency_key WHERE user_id = %(user_id)s AND key = %(key)s"
_KEEP = b"""
INSERT INTO idempotency_key (user_id, key, fingerprint, status, body, date_created)
VALUES (%(user_id)s, %(key)s, %(fingerprint)s, %(status)s, %(body)s, %(date_created)s) ON CONFLICT DO NOTHING
"""


class Answer(NamedTuple):
    """What a request was answered: a status and a JSON object."""

    status: int
    body: dict[str, Any]


class KeyReused(Exception):
    """The caller gave this key to another request before."""


class KeyBusy(Exception):
    """The first request under this key is still being decided."""


class AlreadyAnswered(Exception):
    """The key has its answer: nothing is to be done again."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer)
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Key:
    """A key of one caller for one request.

    `fingerprint` identifies the request; `answer` says what a success is answered, from the id of what was made.
    """

    user_id: int
    key: str
    fingerprint: str
    answer: Callable[[int], Answer]

    def row(self, answer: Answer) -> dict[str, Any]:
        """The values of the table's row, by column."""
        return {
            "user_id": self.user_id,
            "key": self.key,
            "fingerprint": self.fingerprint,
            "status": answer.status,
            "body": Jsonb(answer.body),
            "date_created": clock.now(),
        }

    @property
    def lock(self) -> int:
        """A 64-bit number for the database's lock. Keys that share it by chance merely wait for each other."""
        digest = blake2b(f"idempotency:{self.user_id}:{self.key}".encode(), digest_size=8).digest()
        return int.from_bytes(digest, signed=True)

    def of(self, row: tuple[str, int, dict[str, Any]]) -> Answer:
        """The answer that was kept. Raises KeyReused when it was another request's."""
        fingerprint, status, body = row
        if fingerprint != self.fingerprint:
            raise KeyReused
        return Answer(status, body)


def fingerprint_of(operation: str, *parts: Any) -> str:
    """What tells one request from another: the operation and what it was asked."""
    return sha256(repr((operation, *parts)).encode()).hexdigest()


async def claim(connection: AsyncConnection, key: Key) -> None:
    """Begin a transaction that alone may answer the key; one round trip, on a connection in autocommit.

    A duplicate waits here for the first, as long as the database waits for locks. Raises AlreadyAnswered, KeyReused, and
    KeyBusy when that was too long.
    """
    values = {"lock": key.lock, "user_id": key.user_id, "key": key.key}
    try:
        async with connection.pipeline():
            await connection.execute("BEGIN")
            await connection.execute(_LOCK, values, prepare=True)
            # A statement of its own: it must see what was committed while the lock was waited for.
            cursor = await connection.execute(_FIND, values, prepare=True)
        row = await cursor.fetchone()
    except errors.LockNotAvailable as error:
        raise KeyBusy from error
    if row is not None:
        raise AlreadyAnswered(key.of(row))


async def keep(pool: AsyncConnectionPool[AsyncConnection], key: Key, answer: Answer) -> Answer:
    """Keep the answer of a request that had no effect. Whoever kept first is right: their answer is the one to give.

    Raises KeyReused.
    """
    async with pool.connection() as connection:
        await connection.execute(_KEEP, key.row(answer))
        cursor = await connection.execute(_FIND, {"user_id": key.user_id, "key": key.key})
        row = await cursor.fetchone()
    return answer if row is None else key.of(row)
