"""Giving out one-time tokens and taking them back, once.

A token's secret is derived from its row's random id with this service's key, and the row keeps only the secret's hash:
who reads the database cannot use a token, and the service can still show a living one to its holder again. The unique
index on type and account makes "one living token of a type" hold against any race; consuming is one UPDATE, so of two
uses at once one loses.
"""

from __future__ import annotations

import hmac
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import CursorResult, and_, delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from shared import clock
from users.settings import Settings
from users.tokens.models import OneTimeToken
from users.tokens.rules import CODE_DIGITS, LIFETIMES, TokenType

# A dead token is kept this long, so that its holder is told "too late" rather than "unknown".
KEPT_AFTER_EXPIRY = timedelta(days=30)
NOBODYS_KEPT = timedelta(days=1)

_NEW = insert(OneTimeToken)
# Rows without an account are never in conflict with one another.
_STORE = _NEW.on_conflict_do_update(
    index_elements=[OneTimeToken.type, OneTimeToken.account_id],
    set_={name: _NEW.excluded[name] for name in ("id", "secret_hash", "data", "created_at", "expires_at")}
    | {"consumed_at": None},
)


@dataclass(frozen=True)
class Issued:
    """A token to hand to its holder."""

    secret: str
    expires_at: datetime

    @property
    def expiration_timestamp(self) -> int:
        """The end, in seconds, as links tell it to the app."""
        return int(self.expires_at.timestamp())


@dataclass(frozen=True)
class Known:
    """A token that was shown and that exists, perhaps too late or a second time."""

    type: TokenType
    account_id: int | None
    data: dict[str, Any]
    created_at: datetime
    expires_at: datetime
    consumed_at: datetime | None
    is_live: bool


def _key(settings: Settings, purpose: bytes) -> bytes:
    return hmac.digest(
        settings.key_encryption_secret.get_secret_value().encode(), b"one-time-token:" + purpose, "sha256"
    )


def _secret(settings: Settings, kind: TokenType, identifier: UUID) -> str:
    derived = hmac.digest(_key(settings, b"secret"), kind.value.encode() + identifier.bytes, "sha256")
    return urlsafe_b64encode(derived).decode().rstrip("=")


def _digest(secret: str) -> bytes:
    return sha256(secret.encode("utf-8", "surrogatepass")).digest()


def _code_digest(settings: Settings, account_id: int, code: str) -> bytes:
    """Codes are short, so their hash is keyed; with the account in it, so that two people may have the same code."""
    said = f"{account_id}:{code}".encode("utf-8", "surrogatepass")
    return hmac.digest(_key(settings, b"code"), said, "sha256")


async def _store(
    session: AsyncSession,
    identifier: UUID,
    kind: TokenType,
    account_id: int | None,
    digest: bytes,
    data: dict[str, Any] | None,
    lifetime: timedelta | None,
) -> datetime:
    now = clock.now()
    expires_at = now + (LIFETIMES[kind] if lifetime is None else lifetime)
    values = {
        "id": identifier,
        "type": kind.value,
        "account_id": account_id,
        "secret_hash": digest,
        "data": data or {},
        "created_at": now,
        "expires_at": expires_at,
    }
    await session.execute(_STORE, values)
    return expires_at


async def issue_token(
    session: AsyncSession,
    settings: Settings,
    kind: TokenType,
    account_id: int | None,
    *,
    data: dict[str, Any] | None = None,
    lifetime: timedelta | None = None,
) -> Issued:
    """A new token; the one of the same type that the account had ends here. `lifetime` is the type's unless given.

    Without an account any number may live at once (states of a sign-on, accounts to create).
    """
    identifier = uuid4()
    secret = _secret(settings, kind, identifier)
    expires_at = await _store(session, identifier, kind, account_id, _digest(secret), data, lifetime)
    return Issued(secret, expires_at)


async def issue_code(
    session: AsyncSession, settings: Settings, kind: TokenType, account_id: int, *, data: dict[str, Any] | None = None
) -> Issued:
    """A new code of six digits; the former one ends here."""
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"
    digest = _code_digest(settings, account_id, code)
    return Issued(code, await _store(session, uuid4(), kind, account_id, digest, data, None))


def _known(row: OneTimeToken) -> Known:
    return Known(
        type=TokenType(row.type),
        account_id=row.account_id,
        data=dict(row.data),
        created_at=row.created_at,
        expires_at=row.expires_at,
        consumed_at=row.consumed_at,
        is_live=row.consumed_at is None and row.expires_at > clock.now(),
    )


async def look_up(session: AsyncSession, kind: TokenType, secret: str) -> Known | None:
    """The token that a secret opens, living or not (see `is_live`); None when there is none of that type. Uses nothing."""
    row = await session.scalar(
        select(OneTimeToken)
        .where(OneTimeToken.secret_hash == _digest(secret), OneTimeToken.type == kind.value)
        .execution_options(populate_existing=True)
    )
    return _known(row) if row else None


async def check_token(session: AsyncSession, kind: TokenType, secret: str) -> Known | None:
    """The living token that a secret opens, else None. Uses nothing."""
    known = await look_up(session, kind, secret)
    return known if known and known.is_live else None


async def consume_token(
    session: AsyncSession, kind: TokenType, secret: str, *, account_id: int | None = None
) -> Known | None:
    """Use a living token up; None when it is unknown, late, used, or (with `account_id`) somebody else's.

    Of several uses at once one succeeds. A transaction that rolls back has not used it.
    """
    return await _consume(session, kind, _digest(secret), account_id)


async def consume_code(
    session: AsyncSession, settings: Settings, kind: TokenType, account_id: int, code: str
) -> Known | None:
    """Use a person's living code up; None when it is not theirs, late or used."""
    return await _consume(session, kind, _code_digest(settings, account_id, code), account_id)


async def _consume(session: AsyncSession, kind: TokenType, digest: bytes, account_id: int | None) -> Known | None:
    now = clock.now()
    statement = (
        update(OneTimeToken)
        .where(
            OneTimeToken.secret_hash == digest,
            OneTimeToken.type == kind.value,
            OneTimeToken.consumed_at.is_(None),
            OneTimeToken.expires_at > now,
        )
        .values(consumed_at=now)
        .returning(OneTimeToken.account_id, OneTimeToken.data, OneTimeToken.created_at, OneTimeToken.expires_at)
        .execution_options(synchronize_session=False)
    )
    if account_id is not None:
        statement = statement.where(OneTimeToken.account_id == account_id)
    row = (await session.execute(statement)).first()
    return Known(kind, row[0], dict(row[1]), row[2], row[3], now, False) if row else None


async def living_token(session: AsyncSession, settings: Settings, kind: TokenType, account_id: int) -> Issued | None:
    """The person's living token of a type, to be shown to them again; not for codes."""
    row = (
        await session.execute(
            select(OneTimeToken.id, OneTimeToken.expires_at).where(
                OneTimeToken.type == kind.value,
                OneTimeToken.account_id == account_id,
                OneTimeToken.consumed_at.is_(None),
                OneTimeToken.expires_at > clock.now(),
            )
        )
    ).first()
    return Issued(_secret(settings, kind, row[0]), row[1]) if row else None


async def end_tokens(session: AsyncSession, account_id: int, *kinds: TokenType) -> None:
    """End a person's tokens of these types, all of them when none is named."""
    statement = delete(OneTimeToken).where(OneTimeToken.account_id == account_id)
    if kinds:
        statement = statement.where(OneTimeToken.type.in_([kind.value for kind in kinds]))
    await session.execute(statement)


async def purge_tokens(session: AsyncSession) -> int:
    """Delete tokens that ended long ago; how many. Nobody's (who may have told their address and never came) go sooner."""
    now = clock.now()
    result = await session.execute(
        delete(OneTimeToken).where(
            or_(
                OneTimeToken.expires_at <= now - KEPT_AFTER_EXPIRY,
                and_(OneTimeToken.account_id.is_(None), OneTimeToken.expires_at <= now - NOBODYS_KEPT),
            )
        )
    )
    return result.rowcount if isinstance(result, CursorResult) else 0
