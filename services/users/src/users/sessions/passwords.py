"""Password hashes: Argon2id, and verification of the bcrypt hashes that the former system left.

Hashing takes a core for a while: it runs in a few threads of its own, never on the event loop, behind a short queue. These
threads stand back for the rest of the process, so that a crowd that signs in delays nobody else.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import bcrypt
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from shared.errors import unavailable
from users.settings import Settings

T = TypeVar("T")

BCRYPT_PREFIXES = ("$2a$", "$2b$", "$2y$")
BCRYPT_BYTES = 72
# Far above the longest acceptable password; beyond it nothing is hashed in full.
MAX_BYTES = 1_024
# How many hashes may wait for each thread before callers are told to come back.
QUEUE_PER_THREAD = 32
# How far hashing stands back (`nice`): with as many threads ready as there are processors and more, requests go first.
_NICENESS = 10


def _stand_back() -> None:
    """Lower the priority of this thread, and so of those that Argon2 starts from it; of Linux's threads alone."""
    if sys.platform.startswith("linux"):
        # A container may forbid it; hashing is then as urgent as the rest.
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)


@dataclass(frozen=True)
class Verdict:
    """Whether the password was right, and the hash to store in place of the old one when there is a better one."""

    is_right: bool
    new_hash: str | None = None


class Passwords:
    """Hashes and verifies, off the event loop. One for each process."""

    def __init__(self, settings: Settings) -> None:
        self._hasher = PasswordHasher(
            time_cost=settings.argon2_time_cost,
            memory_cost=settings.argon2_memory_kib,
            parallelism=settings.argon2_parallelism,
        )
        self._threads = ThreadPoolExecutor(
            settings.hashing_threads, thread_name_prefix="passwords", initializer=_stand_back
        )
        self._capacity = settings.hashing_threads * QUEUE_PER_THREAD
        self._waiting = 0
        # Made before anybody asks, in the first of the threads: the first unknown account costs no more than the others.
        self._placeholder = self._threads.submit(self._hasher.hash, b"nobody's password")

    @property
    def is_full(self) -> bool:
        """Whether a hash asked for now would be refused."""
        return self._waiting >= self._capacity

    async def hash(self, password: str) -> str:
        return await self._run(lambda: self._hasher.hash(password))

    async def verify(self, password: str, password_hash: str | None) -> Verdict:
        """Compare with a stored hash; without one the same work is done for nothing, so that time tells nothing."""
        return await self._run(lambda: self._verify(password, password_hash))

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _run(self, work: Callable[[], T]) -> T:
        if self.is_full:
            raise unavailable()
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._waiting -= 1

    def _verify(self, password: str, password_hash: str | None) -> Verdict:
        encoded = password.encode("utf-8", "surrogatepass")
        if password_hash is None or len(encoded) > MAX_BYTES:
            self._check_argon2(encoded[:MAX_BYTES], self._placeholder.result())
            return Verdict(False)
        if password_hash.startswith(BCRYPT_PREFIXES):
            right = _check_bcrypt(encoded, password_hash)
            return Verdict(right, self._hasher.hash(encoded) if right else None)
        if not self._check_argon2(encoded, password_hash):
            return Verdict(False)
        return Verdict(True, self._hasher.hash(encoded) if self._hasher.check_needs_rehash(password_hash) else None)

    def _check_argon2(self, password: bytes, password_hash: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False


def _check_bcrypt(password: bytes, password_hash: str) -> bool:
    # bcrypt reads 72 bytes: a longer password never matches, rather than match by its beginning.
    if len(password) > BCRYPT_BYTES or b"\x00" in password:
        return False
    try:
        return bcrypt.checkpw(password, password_hash.encode())
    except ValueError:
        return False
