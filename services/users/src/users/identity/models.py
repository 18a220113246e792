"""What is kept of the exchanges with identity providers."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from users.base import Base


class SamlRequest(Base):
    """A sign-in at ÉduConnect that was asked for: whose it is, until when, and whether it was answered."""

    __tablename__ = "saml_request"
    __table_args__ = (Index("ix_saml_request_expires_at", "expires_at"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    date_created: Mapped[datetime]
    expires_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]


class SamlAssertion(Base):
    """An assertion that was accepted, kept for as long as it could be shown again. `id` is a hash."""

    __tablename__ = "saml_assertion"
    __table_args__ = (Index("ix_saml_assertion_expires_at", "expires_at"),)

    id: Mapped[bytes] = mapped_column(primary_key=True)
    expires_at: Mapped[datetime]


class OrphanApplication(Base):
    """An application at Démarche Numérique of somebody who has no account with that address, yet."""

    __tablename__ = "orphan_dms_application"
    __table_args__ = (Index("ix_orphan_dms_application_email", "email"),)

    application_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    procedure_id: Mapped[int]
    email: Mapped[str]
    latest_modification: Mapped[datetime | None]
    date_created: Mapped[datetime]


class DmsImport(Base):
    """How far a procedure of Démarche Numérique was read."""

    __tablename__ = "dms_import"

    procedure_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    latest_import: Mapped[datetime]
    processed_applications: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
