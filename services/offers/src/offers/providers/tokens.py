"""Keys of partners' software, and the tokens that they are exchanged for."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha3_512

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from offers.providers.models import ApiKey, Provider, SigningKeyRow
from offers.settings import Settings
from shared import clock
from shared.database import Database
from shared.identity import Verifier, keyring, sign
from shared.identity.keyring import KeyBox, KeyTable

ISSUER = "offers"
_PREFIX_BYTES = 6
_SECRET_BYTES = 32
_LEGACY_LENGTH = 64
_LEGACY_PREFIX = 8


def split_key(key: str) -> tuple[str, str]:
    """Prefix and secret of a key: `<environment>_<12 hex>_<64 hex>`, or 64 characters of the former kind."""
    if len(key) == _LEGACY_LENGTH and "_" not in key:
        return key[:_LEGACY_PREFIX], key[_LEGACY_PREFIX:]
    prefix, _, secret = key.rpartition("_")
    return prefix, secret


def digest(secret: str) -> bytes:
    return sha3_512(secret.encode("utf-8", "surrogatepass")).digest()


async def create_api_key(session: AsyncSession, provider: Provider, environment: str) -> str:
    """Give a provider a key; it is shown this once."""
    prefix, secret = f"{environment}_{secrets.token_hex(_PREFIX_BYTES)}", secrets.token_hex(_SECRET_BYTES)
    await add_api_key(session, provider, prefix, secret)
    return f"{prefix}_{secret}"


async def add_api_key(session: AsyncSession, provider: Provider, prefix: str, secret: str) -> None:
    """Store a key that is known already (data sets, keys of the former system)."""
    session.add(ApiKey(provider_id=provider.id, prefix=prefix, secret_hash=digest(secret), date_created=clock.now()))
    await session.flush()


async def provider_of_key(session: AsyncSession, key: str) -> Provider | None:
    """The active provider that a key belongs to; the comparison takes as long for a wrong secret as for the right one."""
    prefix, secret = split_key(key)
    row = (
        await session.execute(
            select(ApiKey.secret_hash, Provider)
            .join(Provider, Provider.id == ApiKey.provider_id)
            .where(ApiKey.prefix == prefix)
        )
    ).first()
    expected, provider = row if row is not None else (bytes(64), None)
    is_right = hmac.compare_digest(expected, digest(secret))
    return provider if is_right and provider is not None and provider.is_active else None


def key_table(settings: Settings) -> KeyTable:
    return KeyTable(ISSUER, SigningKeyRow, KeyBox(settings.key_encryption_secret, ISSUER))


@dataclass(frozen=True)
class ProviderIssuer:
    """Signs the tokens of providers."""

    settings: Settings
    keyring: keyring.Keyring

    @classmethod
    def of(cls, settings: Settings, database: Database, verifier: Verifier) -> ProviderIssuer:
        return cls(settings, keyring.Keyring(key_table(settings), database, verifier))

    @property
    def lifetime(self) -> timedelta:
        return timedelta(seconds=self.settings.provider_token_seconds)

    async def token(self, provider_id: int) -> str:
        moment = clock.now()
        return sign(
            await self.keyring.signer(),
            kind="provider",
            subject=provider_id,
            issued_at=moment,
            expires_at=moment + self.lifetime,
        )
