"""Who knows the password? The steps that both front-ends' sign-ins share.

Three steps, so that no connection is held while a password is hashed: count the attempt and read the hash (committed,
whatever follows), compare, then act in one transaction on the account, locked; a hash that changed is compared again.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database import Database
from shared.database.reading import read_row
from shared.errors import ApiError, unavailable
from users.accounts.models import Account
from users.accounts.rules import normalise_email
from users.sessions.attempts import COUNTING, attempt_key, counting, forget_attempts, seconds_until, too_many
from users.sessions.passwords import Passwords
from users.settings import Settings

# Committed by itself, so that a refusal leaves the attempt counted.
_COUNT_AND_FIND = (
    COUNTING  # noqa: S608 - constants
    + "SELECT ends_at, account.id, account.password_hash FROM over LEFT JOIN account ON account.email = %(email)s"
).encode()
_LOCKED = select(Account).where(Account.id == bindparam("account_id")).with_for_update(key_share=True)


@dataclass(frozen=True)
class SignIn:
    """Checks passwords. `address` is the caller's, as the gateway saw it."""

    settings: Settings
    database: Database
    passwords: Passwords

    @asynccontextmanager
    async def by_password(
        self, identifier: str, password: str, address: str, refusal: Callable[[], ApiError]
    ) -> AsyncIterator[tuple[AsyncSession, Account]]:
        """The transaction in which the account whose password it is signs in.

        Raises `refusal()` for an unknown account and a wrong password alike, and 429 beyond the limits. What the caller
        raises inside rolls its own work back.
        """
        started = time.monotonic()
        try:
            async with self._checked(normalise_email(identifier), password, address, refusal) as found:
                yield found
        except ApiError:
            # A refusal says nothing by the time that it takes: bcrypt, Argon2 and no hash at all look the same.
            floor = self.settings.signin_refusal_floor_ms / 1_000
            await asyncio.sleep(max(0.0, floor - (time.monotonic() - started)))
            raise

    @asynccontextmanager
    async def _checked(
        self, email: str, password: str, address: str, refusal: Callable[[], ApiError]
    ) -> AsyncIterator[tuple[AsyncSession, Account]]:
        if self.passwords.is_full:
            # Before the database is asked: else a crowd that cannot be served takes its connections from everybody.
            raise unavailable()
        by_account, by_address = attempt_key("signin.account", email), attempt_key("signin.address", address)
        limits = {
            by_account: self.settings.signin_account_attempts,
            by_address: self.settings.signin_address_attempts,
        }
        window = timedelta(seconds=self.settings.signin_window_seconds)
        row = await read_row(self.database, _COUNT_AND_FIND, {**counting(limits, window), "email": email})
        ends_at, account_id, password_hash = row or (None, None, None)
        if (wait := seconds_until(ends_at)) is not None:
            raise too_many(wait)
        verdict = await self.passwords.verify(password, password_hash)
        if not verdict.is_right or account_id is None:
            raise refusal()
        async with self.database.transaction() as session:
            account = await session.scalar(_LOCKED, {"account_id": account_id})
            if account is None:
                raise refusal()
            if account.password_hash != password_hash:
                # Changed meanwhile: by its holder, or by their other sign-in, which replaced an old hash.
                verdict = await self.passwords.verify(password, account.password_hash)
                if not verdict.is_right:
                    raise refusal()
            if verdict.new_hash is not None:
                account.password_hash = verdict.new_hash
            await forget_attempts(session, reset=by_account, uncount=by_address)
            yield session, account
