"""Who signs on by which provider."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index
from sqlalchemy.orm import Mapped, mapped_column

from users.base import Base


class SignOnLink(Base):
    """An account is somebody of a provider: one of each provider, and nobody is two accounts."""

    __tablename__ = "sign_on_link"
    __table_args__ = (
        CheckConstraint("provider IN ('google', 'apple')", name="known_provider"),
        Index("uq_sign_on_link_provider_account_id", "provider", "account_id", unique=True),
        Index("uq_sign_on_link_provider_subject", "provider", "subject", unique=True),
        Index("ix_sign_on_link_account_id", "account_id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    provider: Mapped[str]
    subject: Mapped[str]
    date_created: Mapped[datetime]
