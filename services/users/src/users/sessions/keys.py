"""The keys that sign the tokens of people: the app's and the portal's."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from shared.database import Database
from shared.identity import SigningKey, Verifier, keyring
from shared.identity.keyring import KeyTable, KeyUnreadable
from users.sessions.models import SigningKeyRow
from users.settings import Settings

ISSUER = "users"


class KeyBox(keyring.KeyBox):
    def __init__(self, settings: Settings) -> None:
        super().__init__(settings.key_encryption_secret, ISSUER)


def key_table(settings: Settings) -> KeyTable:
    return KeyTable(ISSUER, SigningKeyRow, KeyBox(settings))


def add_key(session: AsyncSession, settings: Settings, key: SigningKey, delay: timedelta) -> None:
    """Store a key that signs after `delay`."""
    key_table(settings).add(session, key, delay)


async def rotate_key(session: AsyncSession, settings: Settings) -> str:
    """Publish a new key; the former ones verify until the longest refresh token is over."""
    return await key_table(settings).rotate(
        session,
        delay=timedelta(seconds=settings.key_activation_delay_seconds),
        longest_token=timedelta(days=settings.trusted_refresh_token_days),
    )


class Keyring(keyring.Keyring):
    """The keys of this process."""

    def __init__(self, settings: Settings, database: Database, verifier: Verifier) -> None:
        super().__init__(key_table(settings), database, verifier)


__all__ = ["KeyBox", "KeyUnreadable", "Keyring", "add_key", "key_table", "rotate_key"]
