"""Tokens for many callers, without so many sign-ins."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from shared import clock
from shared.database import Database
from shared.identity import SigningKey, Verifier
from shared.identity.tokens import Kind, sign

LIFETIME = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Tokens:
    """Signs access tokens with the key by which the running `users` signs."""

    key: SigningKey

    @classmethod
    def of_users(cls, database_url: str) -> Tokens:
        return cls(asyncio.run(_key(database_url)))

    def bearer(self, kind: Kind, subject: int, **claims: Any) -> dict[str, str]:
        """The header of a caller: `native` or `pro`, by the account's id."""
        now = clock.now()
        token = sign(self.key, kind=kind, subject=subject, issued_at=now, expires_at=now + LIFETIME, **claims)
        return {"authorization": f"Bearer {token}"}

    def bearers(self, kind: Kind, subjects: Iterable[int]) -> list[dict[str, str]]:
        return [self.bearer(kind, subject) for subject in subjects]


async def _key(database_url: str) -> SigningKey:
    # Imported late: the command line must not load a service to print its help.
    from users.sessions.keys import Keyring
    from users.settings import Settings

    settings = Settings(database_url=database_url)
    database = Database(settings, pooled=False)
    try:
        return await Keyring(settings, database, Verifier.for_service(settings, database)).signer()
    finally:
        await database.close()
