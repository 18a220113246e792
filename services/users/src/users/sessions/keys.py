"""The keys that sign tokens: made once, encrypted at rest, rotated without refusing anybody."""

from __future__ import annotations

import json
import os
import time
from datetime import timedelta

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from shared import clock
from shared.database import Database, lock
from shared.identity import SigningKey, Verifier
from users.sessions.models import SigningKeyRow
from users.settings import Settings

LOCK = "users.signing_key"
RELOAD_SECONDS = 60.0
_NONCE_BYTES = 12
_PURPOSE = b"passculture users signing keys v1"


class KeyUnreadable(Exception):
    """The stored key was encrypted with another KEY_ENCRYPTION_SECRET."""


class KeyBox:
    """Encrypts private keys with a key derived from the settings' secret (AES-256-GCM, bound to the key's identifier)."""

    def __init__(self, settings: Settings) -> None:
        secret = settings.key_encryption_secret.get_secret_value().encode()
        self._cipher = AESGCM(HKDF(SHA256(), 32, salt=None, info=_PURPOSE).derive(secret))

    def close(self, key: SigningKey) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, json.dumps(key.private).encode(), key.kid.encode())

    def open(self, kid: str, box: bytes) -> SigningKey:
        try:
            plain = self._cipher.decrypt(box[:_NONCE_BYTES], box[_NONCE_BYTES:], kid.encode())
        except InvalidTag as error:
            raise KeyUnreadable(kid) from error
        return SigningKey.from_jwk(json.loads(plain))


async def _published(session: AsyncSession) -> list[SigningKeyRow]:
    statement = (
        select(SigningKeyRow)
        .where(or_(SigningKeyRow.expires_at.is_(None), SigningKeyRow.expires_at > clock.now()))
        .order_by(SigningKeyRow.active_from.desc())
    )
    return list(await session.scalars(statement))


async def ensure_key(session: AsyncSession, settings: Settings) -> None:
    """Make the first signing key when there is none; processes that start together make one between them."""
    await lock(session, LOCK)
    if not await _published(session):
        add_key(session, settings, SigningKey.generate(), timedelta())


def add_key(session: AsyncSession, settings: Settings, key: SigningKey, delay: timedelta) -> None:
    """Store a key that signs after `delay`."""
    now = clock.now()
    session.add(
        SigningKeyRow(
            kid=key.kid,
            public_jwk=key.public,
            encrypted_private_jwk=KeyBox(settings).close(key),
            created_at=now,
            active_from=now + delay,
        )
    )


async def rotate_key(session: AsyncSession, settings: Settings) -> str:
    """Publish a new key that signs once every verifier knows it; the former ones verify until their tokens are over."""
    await lock(session, LOCK)
    delay = timedelta(seconds=settings.key_activation_delay_seconds)
    last_use = clock.now() + delay + timedelta(days=settings.trusted_refresh_token_days)
    await session.execute(update(SigningKeyRow).where(SigningKeyRow.expires_at.is_(None)).values(expires_at=last_use))
    key = SigningKey.generate()
    add_key(session, settings, key, delay)
    return key.kid


class Keyring:
    """The keys of this process: the one that signs and those that it publishes, read again every minute."""

    def __init__(self, settings: Settings, database: Database, verifier: Verifier) -> None:
        self._settings = settings
        self._database = database
        self._verifier = verifier
        self._signer: SigningKey | None = None
        self._public: list[dict[str, object]] = []
        self._read_at = float("-inf")

    async def load(self) -> None:
        """Read the keys, making the first one if need be, and trust them here without asking over HTTP."""
        async with self._database.transaction() as session:
            rows = await _published(session)
            if not rows:
                await ensure_key(session, self._settings)
                rows = await _published(session)
        now = clock.now()
        signing = next((row for row in rows if row.active_from <= now), rows[-1])
        self._signer = KeyBox(self._settings).open(signing.kid, signing.encrypted_private_jwk)
        self._public = [row.public_jwk for row in rows]
        self._read_at = time.monotonic()
        self._verifier.trust("users", self._document())

    async def signer(self) -> SigningKey:
        if self._signer is None or time.monotonic() - self._read_at > RELOAD_SECONDS:
            await self.load()
        if self._signer is None:
            raise RuntimeError("no signing key")
        return self._signer

    async def document(self) -> dict[str, object]:
        """The public key set."""
        await self.signer()
        return self._document()

    def _document(self) -> dict[str, object]:
        return {"keys": self._public}


__all__ = ["KeyBox", "KeyUnreadable", "Keyring", "add_key", "ensure_key", "rotate_key"]
