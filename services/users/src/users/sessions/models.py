"""Signing keys, refresh tokens, portal sessions, devices, and the count of attempts."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, LargeBinary, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from shared.identity.keyring import SigningKeyColumns
from users.base import Base


class SigningKeyRow(SigningKeyColumns, Base):
    """A key that signs tokens of people."""

    __tablename__ = "signing_key"


class TokenFamily(Base):
    """One sign-in of the app: every refresh token that descends from it. Revoked as a whole."""

    __tablename__ = "token_family"
    __table_args__ = (Index("ix_token_family_account_id", "account_id"),)

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    device_id: Mapped[str | None]
    is_trusted: Mapped[bool]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    revoked_at: Mapped[datetime | None]
    revocation_reason: Mapped[str | None]


class RefreshToken(Base):
    """A refresh token given. `rotated_at` is set once it was exchanged; showing it again later is theft."""

    __tablename__ = "refresh_token"
    __table_args__ = (Index("ix_refresh_token_family_id", "family_id"),)

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    family_id: Mapped[UUID] = mapped_column(ForeignKey("token_family.id", ondelete="CASCADE"))
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    rotated_at: Mapped[datetime | None]


class PortalSession(Base):
    """A signed-in browser of the portal. The cookie's value is known here by its hash alone."""

    __tablename__ = "portal_session"
    __table_args__ = (
        Index("ix_portal_session_account_id", "account_id"),
        Index(
            "ix_portal_session_impersonator_id",
            "impersonator_id",
            postgresql_where=text("impersonator_id IS NOT NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    impersonator_id: Mapped[int | None]
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class TrustedDevice(Base):
    __tablename__ = "trusted_device"
    __table_args__ = (Index("uq_trusted_device_account_id_device_id", "account_id", "device_id", unique=True),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    device_id: Mapped[str]
    source: Mapped[str | None]
    os: Mapped[str | None]
    date_created: Mapped[datetime]


class LoginDevice(Base):
    """A device seen at a sign-in."""

    __tablename__ = "login_device"
    __table_args__ = (Index("ix_login_device_account_id_device_id", "account_id", "device_id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    device_id: Mapped[str]
    source: Mapped[str | None]
    os: Mapped[str | None]
    location: Mapped[str | None]
    date_created: Mapped[datetime] = mapped_column(index=True)


class AttemptCount(Base):
    """How many times something was tried since the window's start; the key is a hash, no address is kept."""

    __tablename__ = "attempt_count"

    key: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    count: Mapped[int]
    expires_at: Mapped[datetime] = mapped_column(index=True)
