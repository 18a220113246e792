"""Sessions of the app (families of refresh tokens) and of the portal (a cookie)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID, uuid4

import structlog
from sqlalchemy import (
    BigInteger,
    CursorResult,
    DateTime,
    Delete,
    String,
    Uuid,
    bindparam,
    delete,
    exists,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from shared import clock
from users.accounts.models import Account
from users.permissions.queries import may_connect_as
from users.sessions.models import AttemptCount, LoginDevice, PortalSession, RefreshToken, TokenFamily, TrustedDevice
from users.sessions.rules import PortalLimits, is_reuse, months_before, portal_session_is_valid, should_save_connection
from users.settings import Settings

log = structlog.get_logger(__name__)

SECRET_BYTES = 32
SEEN_STEP = timedelta(minutes=1)

# One statement, for it is what a sign-in costs beside the password. "Known" is as of before it.
_OPEN_FAMILY = text("""
WITH known AS (
    SELECT EXISTS (SELECT FROM login_device WHERE account_id = :account_id AND device_id = :device_id)
        OR EXISTS (SELECT FROM trusted_device WHERE account_id = :account_id AND device_id = :device_id) AS is_known
),
seen AS (
    INSERT INTO login_device (account_id, device_id, source, os, location, date_created)
    SELECT :account_id, :device_id, :source, :os, :location, :now WHERE :device_id IS NOT NULL
),
trusted AS (
    INSERT INTO trusted_device (account_id, device_id, source, os, date_created)
    SELECT :account_id, :device_id, :source, :os, :now FROM known WHERE is_known
    ON CONFLICT DO NOTHING
),
family AS (
    INSERT INTO token_family (id, account_id, device_id, is_trusted, created_at, expires_at)
    SELECT :family_id, :account_id, :device_id, is_known, :now, CASE WHEN is_known THEN :trusted_until ELSE :until END
    FROM known
    RETURNING is_trusted, expires_at
),
token AS (
    INSERT INTO refresh_token (id, family_id, issued_at, expires_at)
    SELECT :token_id, :family_id, :now, expires_at FROM family
)
SELECT is_trusted, expires_at FROM family
""").bindparams(
    bindparam("account_id", type_=BigInteger),
    *(bindparam(name, type_=String) for name in ("device_id", "source", "os", "location")),
    *(bindparam(name, type_=Uuid) for name in ("family_id", "token_id")),
    *(bindparam(name, type_=DateTime(timezone=True)) for name in ("now", "trusted_until", "until")),
)


@dataclass(frozen=True)
class Device:
    """What the app says of the device that it runs on; `location` is "City, Country" when the network knows it."""

    device_id: str
    os: str | None = None
    source: str | None = None
    location: str | None = None


@dataclass(frozen=True)
class RefreshGrant:
    """A refresh token to sign: its id, its family's, when it ends, and whether its device is trusted."""

    token_id: UUID
    family_id: UUID
    expires_at: datetime
    is_trusted: bool


@dataclass(frozen=True)
class Refreshed:
    """Who refreshed and, when the token was exchanged, the one that takes its place."""

    account: Account
    family_id: UUID
    grant: RefreshGrant | None


def note_connection(account: Account) -> None:
    """Write the last connection, at most every quarter of an hour."""
    now = clock.now()
    if should_save_connection(account.last_connection_date, now):
        account.last_connection_date = now


def _refresh_lifetime(settings: Settings, is_trusted: bool) -> timedelta:
    return timedelta(days=settings.trusted_refresh_token_days if is_trusted else settings.refresh_token_days)


def _give(session: AsyncSession, family: TokenFamily, lifetime: timedelta) -> RefreshGrant:
    now = clock.now()
    token = RefreshToken(id=uuid4(), family_id=family.id, issued_at=now, expires_at=now + lifetime)
    session.add(token)
    family.expires_at = token.expires_at
    return RefreshGrant(token.id, family.id, token.expires_at, family.is_trusted)


async def open_family(
    session: AsyncSession, settings: Settings, account: Account, device: Device | None
) -> RefreshGrant:
    """Start a session of the app and note the device; one that was seen or trusted before is trusted from now on, and
    stays signed in for longer."""
    await session.flush()
    now = clock.now()
    family_id, token_id = uuid4(), uuid4()
    values = {
        "account_id": account.id,
        "device_id": (device.device_id or None) if device else None,
        "source": device.source if device else None,
        "os": device.os if device else None,
        "location": device.location if device else None,
        "family_id": family_id,
        "token_id": token_id,
        "now": now,
        "trusted_until": now + _refresh_lifetime(settings, is_trusted=True),
        "until": now + _refresh_lifetime(settings, is_trusted=False),
    }
    is_trusted, expires_at = (await session.execute(_OPEN_FAMILY, values)).one()
    return RefreshGrant(token_id, family_id, expires_at, is_trusted)


async def use_refresh_token(
    session: AsyncSession, settings: Settings, token_id: str, account_id: int, *, rotate: bool
) -> Refreshed | None:
    """Accept a refresh token whose signature was verified; with `rotate` it is exchanged for a new one.

    None when the token is of no living session. A token that was exchanged before, beyond the grace, is stolen: its whole
    family is revoked, so the caller must commit a refusal too.
    """
    try:
        identifier = UUID(token_id)
    except ValueError:
        return None
    row = (
        await session.execute(
            select(RefreshToken, TokenFamily, Account)
            .join(TokenFamily, TokenFamily.id == RefreshToken.family_id)
            .join(Account, Account.id == TokenFamily.account_id)
            .where(RefreshToken.id == identifier, TokenFamily.account_id == account_id)
            .with_for_update(of=TokenFamily)
            .execution_options(populate_existing=True)
        )
    ).first()
    if row is None:
        return None
    _, family, account = row
    # The statement's snapshot may be older than the lock that it waited for: read the token again under the lock.
    token = await session.get(RefreshToken, identifier, populate_existing=True)
    now = clock.now()
    if token is None or family.revoked_at is not None or token.expires_at <= now:
        return None
    if is_reuse(token.rotated_at, now, timedelta(seconds=settings.refresh_reuse_grace_seconds)):
        family.revoked_at = now
        family.revocation_reason = "reuse"
        log.warning("session.refresh_token_reused", account_id=account.id, family_id=str(family.id))
        return None
    note_connection(account)
    if not rotate:
        return Refreshed(account, family.id, None)
    token.rotated_at = token.rotated_at or now
    return Refreshed(account, family.id, _give(session, family, _refresh_lifetime(settings, family.is_trusted)))


async def revoke_family(session: AsyncSession, account_id: int, family_id: str | None, reason: str) -> None:
    """End one session of the app."""
    try:
        identifier = UUID(family_id or "")
    except ValueError:
        return
    await session.execute(
        update(TokenFamily)
        .where(TokenFamily.id == identifier, TokenFamily.account_id == account_id, TokenFamily.revoked_at.is_(None))
        .values(revoked_at=clock.now(), revocation_reason=reason)
    )


async def revoke_families(session: AsyncSession, account_id: int, reason: str, *, but: str | None = None) -> None:
    """End every session of the app that an account has, `but` the one whose id is given."""
    statement = update(TokenFamily).where(TokenFamily.account_id == account_id, TokenFamily.revoked_at.is_(None))
    if but is not None:
        statement = statement.where(TokenFamily.id != UUID(but))
    await session.execute(statement.values(revoked_at=clock.now(), revocation_reason=reason))


async def trust_device(session: AsyncSession, account_id: int, device: Device | None) -> None:
    """Trust a device from now on, as the one on which an account is opened."""
    if device is None or not device.device_id:
        return
    values = {
        "account_id": account_id,
        "device_id": device.device_id,
        "source": device.source,
        "os": device.os,
        "date_created": clock.now(),
    }
    await session.execute(insert(TrustedDevice).values(**values).on_conflict_do_nothing())


async def forget_devices(session: AsyncSession, account_id: int) -> None:
    """Trust no device of an account any more, nor remember one."""
    for model in (TrustedDevice, LoginDevice):
        await session.execute(delete(model).where(model.account_id == account_id))


def _digest(secret: str) -> bytes:
    return sha256(secret.encode("utf-8", "surrogatepass")).digest()


async def open_portal_session(
    session: AsyncSession, settings: Settings, account: Account, *, impersonator_id: int | None = None
) -> str:
    """Start a session of the portal; the value of the cookie, which is stored nowhere. `impersonator_id`: the agent's
    who acts as this account."""
    secret, now = secrets.token_urlsafe(SECRET_BYTES), clock.now()
    session.add(
        PortalSession(
            id=uuid4(),
            secret_hash=_digest(secret),
            account_id=account.id,
            impersonator_id=impersonator_id,
            created_at=now,
            last_seen_at=now,
            expires_at=now + timedelta(days=settings.portal_session_grace_days),
        )
    )
    await session.flush()
    return secret


async def close_portal_session(
    session: AsyncSession, *, secret: str | None = None, session_id: str | None = None
) -> None:
    """Drop a session of the portal, by the cookie's value or by its id; an unknown one is no error."""
    if secret:
        await session.execute(delete(PortalSession).where(PortalSession.secret_hash == _digest(secret)))
    if session_id:
        try:
            identifier = UUID(session_id)
        except ValueError:
            return
        await session.execute(delete(PortalSession).where(PortalSession.id == identifier))


async def drop_portal_sessions(session: AsyncSession, account_id: int, *, but: str | None = None) -> None:
    """Drop every session of the portal that an account has, and those that it opened as somebody else, `but` the one
    whose id is given."""
    statement = delete(PortalSession).where(
        or_(PortalSession.account_id == account_id, PortalSession.impersonator_id == account_id)
    )
    if but is not None:
        statement = statement.where(PortalSession.id != UUID(but))
    await session.execute(statement)


def portal_limits(settings: Settings) -> PortalLimits:
    return PortalLimits(
        timedelta(days=settings.portal_session_days),
        timedelta(days=settings.portal_session_grace_days),
        timedelta(minutes=settings.portal_session_grace_idle_minutes),
    )


async def see_portal_session(
    session: AsyncSession, settings: Settings, secret: str
) -> tuple[PortalSession, Account] | None:
    """The living session of a cookie and its account; None when it is unknown, over, of a closed account, or opened as
    somebody else by an agent who may not do that any more."""
    row = (
        await session.execute(
            select(PortalSession, Account)
            .join(Account, Account.id == PortalSession.account_id)
            .where(PortalSession.secret_hash == _digest(secret))
        )
    ).first()
    if row is None:
        return None
    portal, account = row
    now = clock.now()
    limits = portal_limits(settings)
    if not account.is_active or not portal_session_is_valid(portal.created_at, portal.last_seen_at, now, limits):
        return None
    if portal.impersonator_id is not None and not await may_connect_as(session, portal.impersonator_id):
        return None
    if now - portal.last_seen_at >= SEEN_STEP:
        await session.execute(update(PortalSession).where(PortalSession.id == portal.id).values(last_seen_at=now))
    return portal, account


async def portal_session_lives(session: AsyncSession, session_id: str, account_id: int) -> bool:
    """Whether a session that a token names is still there."""
    try:
        identifier = UUID(session_id)
    except ValueError:
        return False
    return bool(
        await session.scalar(
            select(exists().where(PortalSession.id == identifier, PortalSession.account_id == account_id))
        )
    )


async def family_lives(session: AsyncSession, family_id: str, account_id: int) -> bool:
    """Whether a session of the app that a token names was not revoked."""
    try:
        identifier = UUID(family_id)
    except ValueError:
        return False
    return bool(
        await session.scalar(
            select(
                exists().where(
                    TokenFamily.id == identifier,
                    TokenFamily.account_id == account_id,
                    TokenFamily.revoked_at.is_(None),
                )
            )
        )
    )


async def _delete_all(session: AsyncSession, statements: dict[str, Delete]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for name, statement in statements.items():
        result = await session.execute(statement)
        counts[name] = result.rowcount if isinstance(result, CursorResult) else 0
    return counts


async def purge(session: AsyncSession) -> dict[str, int]:
    """Delete what is over: sessions, families, counters."""
    now = clock.now()
    return await _delete_all(
        session,
        {
            "portal_sessions": delete(PortalSession).where(PortalSession.expires_at <= now),
            "token_families": delete(TokenFamily).where(TokenFamily.expires_at <= now),
            "attempt_counts": delete(AttemptCount).where(AttemptCount.expires_at <= now),
        },
    )


async def purge_devices(session: AsyncSession) -> dict[str, int]:
    """Delete devices past their retention: 13 months for those seen at a sign-in, 5 years for the trusted ones."""
    now = clock.now()
    return await _delete_all(
        session,
        {
            "login_devices": delete(LoginDevice).where(LoginDevice.date_created <= months_before(now, 13)),
            "trusted_devices": delete(TrustedDevice).where(TrustedDevice.date_created <= months_before(now, 60)),
        },
    )
