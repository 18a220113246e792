"""Steps of the subscription that a person went through, and the reviews of agents."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from users.base import Base

_TYPES = (
    "'disability_bonus_credit', 'dms', 'educonnect', 'honor_statement', 'internal_review', 'jouve', 'phone_validation',"
    " 'profile_completion', 'qf_bonus_credit', 'ubble', 'user_profiling'"
)


class SubscriptionCheck(Base):
    """A step: a declaration of the person or the answer of an identity provider.

    `registered_at` is the provider's own date when it is earlier than the record's. `eligibility_type` null means that the
    person had no right when the step was taken. `content` holds what was declared or proven.
    """

    __tablename__ = "subscription_check"
    __table_args__ = (
        Index("ix_subscription_check_account_id", "account_id"),
        Index("ix_subscription_check_third_party_id", "third_party_id"),
        CheckConstraint(f"type IN ({_TYPES})", name="known_type"),
        CheckConstraint(
            "status IN ('canceled', 'error', 'ko', 'ok', 'pending', 'started', 'suspiscious', 'mock_config')",
            name="known_status",
        ),
        CheckConstraint("eligibility_type IN ('age-17-18', 'free', 'underage', 'age-18')", name="known_eligibility"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    type: Mapped[str]
    status: Mapped[str | None]
    eligibility_type: Mapped[str | None]
    third_party_id: Mapped[str]
    reason: Mapped[str | None]
    reason_codes: Mapped[list[str] | None]
    content: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    # Null: never tried; false: they could not be had.
    id_pictures_stored: Mapped[bool | None]
    registered_at: Mapped[datetime]
    date_created: Mapped[datetime]
    updated_at: Mapped[datetime | None]


class SubscriptionReview(Base):
    """An agent's verdict on a subscription."""

    __tablename__ = "subscription_review"
    __table_args__ = (
        Index("ix_subscription_review_account_id", "account_id"),
        CheckConstraint("verdict IN ('KO', 'OK', 'REDIRECTED_TO_DMS')", name="known_verdict"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    author_id: Mapped[int | None]
    verdict: Mapped[str]
    eligibility_type: Mapped[str | None]
    reason: Mapped[str | None]
    date_reviewed: Mapped[datetime]
