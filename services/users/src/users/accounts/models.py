"""Accounts and what happened to them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from users.base import Base

DEFAULT_SUBSCRIPTIONS: dict[str, Any] = {"marketing_push": True, "marketing_email": True, "subscribed_themes": []}

_ROLES = (
    "ARRAY['ADMIN','ANONYMIZED','BENEFICIARY','UNDERAGE_BENEFICIARY','FREE_BENEFICIARY',"
    "'PRO','NON_ATTACHED_PRO','TEST']"
)


class Account(Base):
    """A person who may sign in: a young person, a partner or an agent.

    `birth date` is `validated_birth_date` when an identity provider or support gave one, else `date_of_birth`, declared.
    """

    __tablename__ = "account"
    __table_args__ = (
        CheckConstraint("email = lower(btrim(email))", name="email_normalised"),
        CheckConstraint(f"roles <@ {_ROLES}", name="known_roles"),
        CheckConstraint(
            "('ADMIN' = ANY(roles))::int + ('BENEFICIARY' = ANY(roles))::int"
            " + ('UNDERAGE_BENEFICIARY' = ANY(roles))::int <= 1",
            name="one_credit_or_admin_role",
        ),
        CheckConstraint("NOT ('PRO' = ANY(roles) AND 'NON_ATTACHED_PRO' = ANY(roles))", name="one_pro_role"),
        CheckConstraint(
            "phone_validation_status IN ('skipped-by-support', 'unvalidated', 'validated')",
            name="phone_validation_status",
        ),
        CheckConstraint("civility IN ('M.', 'Mme')", name="civility"),
        CheckConstraint("recredit_amount_to_show_cents >= 0", name="recredit_amount_to_show"),
        Index("ix_account_validated_birth_date", "validated_birth_date"),
        Index("ix_account_phone_number", "phone_number"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    email: Mapped[str] = mapped_column(String(120), unique=True)
    password_hash: Mapped[str | None]
    is_active: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    is_email_validated: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    roles: Mapped[list[str]] = mapped_column(default=list, server_default=text("'{}'"))
    first_name: Mapped[str | None] = mapped_column(String(128))
    last_name: Mapped[str | None] = mapped_column(String(128))
    married_name: Mapped[str | None] = mapped_column(String(128))
    civility: Mapped[str | None] = mapped_column(String(20))
    date_of_birth: Mapped[date | None]
    validated_birth_date: Mapped[date | None]
    birth_place: Mapped[str | None]
    address: Mapped[str | None]
    city: Mapped[str | None] = mapped_column(String(100))
    postal_code: Mapped[str | None] = mapped_column(String(5))
    department_code: Mapped[str | None] = mapped_column(String(3))
    activity: Mapped[str | None] = mapped_column(String(128))
    school_type: Mapped[str | None]
    phone_number: Mapped[str | None] = mapped_column(String(20))
    phone_validation_status: Mapped[str | None]
    id_piece_number: Mapped[str | None] = mapped_column(unique=True)
    ine_hash: Mapped[str | None] = mapped_column(unique=True)
    date_created: Mapped[datetime]
    last_connection_date: Mapped[datetime | None]
    notification_subscriptions: Mapped[dict[str, Any]] = mapped_column(
        default=lambda: dict(DEFAULT_SUBSCRIPTIONS), server_default=text("'{}'")
    )
    external_ids: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'"))
    needs_to_fill_cultural_survey: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    cultural_survey_filled_date: Mapped[datetime | None]
    has_seen_pro_tutorials: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    has_seen_pro_rgs: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    recredit_amount_to_show_cents: Mapped[int | None]
    comment: Mapped[str | None]

    @property
    def birth_date(self) -> date | None:
        return self.validated_birth_date or self.date_of_birth


class AccountAction(Base):
    """One line of an account's history. `reason` is set for suspensions; `details` holds what else is to be kept.

    `author_id` is whoever really acted, null for automation. A few actions of agents are about no account.
    """

    __tablename__ = "account_action"
    __table_args__ = (
        Index("ix_account_action_account_id_id", "account_id", "id"),
        CheckConstraint("type <> 'USER_SUSPENDED' OR reason IS NOT NULL", name="suspension_has_reason"),
        CheckConstraint(
            "account_id IS NOT NULL OR type IN ('ROLE_PERMISSIONS_CHANGED', 'BLACKLIST_DOMAIN_NAME',"
            " 'REMOVE_BLACKLISTED_DOMAIN_NAME')",
            name="is_about_an_account",
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    author_id: Mapped[int | None]
    type: Mapped[str]
    happened_at: Mapped[datetime]
    reason: Mapped[str | None]
    details: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'"))
    comment: Mapped[str | None]


class Achievement(Base):
    """A first booking of a kind, once a person and name."""

    __tablename__ = "achievement"
    __table_args__ = (Index("uq_achievement_account_id_name", "account_id", "name", unique=True),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    booking_id: Mapped[int]
    name: Mapped[str]
    unlocked_date: Mapped[datetime]
    seen_date: Mapped[datetime | None]


class EmailChange(Base):
    """A step of a change of address. Both addresses are as they were then; erased with the person's data."""

    __tablename__ = "email_change"
    __table_args__ = (
        Index("ix_email_change_account_id_id", "account_id", "id"),
        CheckConstraint(
            "step IN ('UPDATE_REQUEST', 'CONFIRMATION', 'CANCELLATION', 'NEW_EMAIL_SELECTION', 'VALIDATION',"
            " 'ADMIN_VALIDATION', 'ADMIN_UPDATE_REQUEST', 'ADMIN_UPDATE')",
            name="known_step",
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    step: Mapped[str]
    old_email: Mapped[str]
    new_email: Mapped[str | None]
    date_created: Mapped[datetime]


class AnonymizationRequest(Base):
    """Somebody asked to be erased and has to wait; gone once they are erased or come back."""

    __tablename__ = "anonymization_request"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), primary_key=True)
    date_created: Mapped[datetime]


class BlockedEmailDomain(Base):
    """A domain of addresses with which no account may be opened, nor moved to."""

    __tablename__ = "blocked_email_domain"
    __table_args__ = (CheckConstraint("domain = lower(btrim(domain))", name="domain_normalised"),)

    domain: Mapped[str] = mapped_column(primary_key=True)
    date_created: Mapped[datetime]


class SurveyAnswers(Base):
    """What somebody answered to the cultural survey; `exported_at` is null until the daily export took it."""

    __tablename__ = "survey_answers"
    __table_args__ = (Index("ix_survey_answers_unexported", "id", postgresql_where=text("exported_at IS NULL")),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    answers: Mapped[dict[str, Any]]
    date_created: Mapped[datetime]
    exported_at: Mapped[datetime | None]
