"""An issuer's signing keys: made once, encrypted at rest, rotated without refusing anybody."""

from __future__ import annotations

import json
import os
import time
from datetime import datetime, timedelta
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import SecretStr
from sqlalchemy import LargeBinary, Text, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from shared import clock
from shared.database.locks import lock
from shared.database.session import Database
from shared.identity.keys import SigningKey
from shared.identity.verifier import Verifier

RELOAD_SECONDS = 60.0
_NONCE_BYTES = 12


class SigningKeyColumns:
    """Mixin of an issuer's table `signing_key`. The newest active key signs; the others are published until they expire."""

    kid: Mapped[str] = mapped_column(Text, primary_key=True)
    public_jwk: Mapped[dict[str, Any]]
    encrypted_private_jwk: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
    active_from: Mapped[datetime]
    expires_at: Mapped[datetime | None]


class KeyUnreadable(Exception):
    """The stored key was encrypted with another secret."""


class KeyBox:
    """Encrypts private keys with a key derived from a secret (AES-256-GCM, bound to the key's identifier)."""

    def __init__(self, secret: SecretStr, issuer: str) -> None:
        purpose = f"passculture {issuer} signing keys v1".encode()
        derived = HKDF(SHA256(), 32, salt=None, info=purpose).derive(secret.get_secret_value().encode())
        self._cipher = AESGCM(derived)

    def close(self, key: SigningKey) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, json.dumps(key.private).encode(), key.kid.encode())

    def open(self, kid: str, box: bytes) -> SigningKey:
        try:
            plain = self._cipher.decrypt(box[:_NONCE_BYTES], box[_NONCE_BYTES:], kid.encode())
        except InvalidTag as error:
            raise KeyUnreadable(kid) from error
        return SigningKey.from_jwk(json.loads(plain))


class KeyTable:
    """The stored keys of one issuer. `model` is its table (SigningKeyColumns)."""

    def __init__(self, issuer: str, model: type[Any], box: KeyBox) -> None:
        self.issuer = issuer
        self.model = model
        self.box = box
        self._lock = f"{issuer}.signing_key"

    async def published(self, session: AsyncSession) -> list[Any]:
        """The keys that verifiers must know, newest first."""
        model = self.model
        statement = (
            select(model)
            .where(or_(model.expires_at.is_(None), model.expires_at > clock.now()))
            .order_by(model.active_from.desc())
        )
        return list(await session.scalars(statement))

    async def ensure(self, session: AsyncSession) -> None:
        """Make the first key when there is none; processes that start together make one between them."""
        await lock(session, self._lock)
        if not await self.published(session):
            self.add(session, SigningKey.generate(), timedelta())
            await session.flush()

    def add(self, session: AsyncSession, key: SigningKey, delay: timedelta) -> None:
        """Store a key that signs after `delay`."""
        now = clock.now()
        session.add(
            self.model(
                kid=key.kid,
                public_jwk=key.public,
                encrypted_private_jwk=self.box.close(key),
                created_at=now,
                active_from=now + delay,
            )
        )

    async def rotate(self, session: AsyncSession, *, delay: timedelta, longest_token: timedelta) -> str:
        """Publish a new key that signs after `delay`, once every verifier knows it; the former ones verify until the
        longest token that they signed is over. The new key's identifier."""
        await lock(session, self._lock)
        last_use = clock.now() + delay + longest_token
        model = self.model
        await session.execute(update(model).where(model.expires_at.is_(None)).values(expires_at=last_use))
        key = SigningKey.generate()
        self.add(session, key, delay)
        return key.kid


class Keyring:
    """The keys of this process: the one that signs and those that it publishes, read again every minute."""

    def __init__(self, table: KeyTable, database: Database, verifier: Verifier) -> None:
        self._table = table
        self._database = database
        self._verifier = verifier
        self._signer: SigningKey | None = None
        self._public: list[dict[str, object]] = []
        self._read_at = float("-inf")

    async def load(self) -> None:
        """Read the keys, making the first one if need be, and trust them here without asking over HTTP."""
        async with self._database.transaction() as session:
            rows = await self._table.published(session)
            if not rows:
                await self._table.ensure(session)
                rows = await self._table.published(session)
        now = clock.now()
        signing = next((row for row in rows if row.active_from <= now), rows[-1])
        self._signer = self._table.box.open(signing.kid, signing.encrypted_private_jwk)
        self._public = [row.public_jwk for row in rows]
        self._read_at = time.monotonic()
        self._verifier.trust(self._table.issuer, self._document())

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
