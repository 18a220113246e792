"""What users keeps of a person, for the extract of their data (users rules: GDPR extract). JSON-ready, in cents."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from users.accounts.models import Account, AccountAction, Achievement, EmailChange, SurveyAnswers
from users.anonymization.models import GdprExtract
from users.anonymization.rules import EXTRACT_LIFE
from users.deposits.models import Deposit
from users.extracts.rules import MOST_A_DAY
from users.sessions.models import LoginDevice, TrustedDevice
from users.subscription.models import SubscriptionCheck

# What a person is told of their history; the rest is the house's own work.
_TOLD_ACTIONS = ("USER_SUSPENDED", "USER_UNSUSPENDED", "USER_PHONE_VALIDATED", "USER_EMAIL_VALIDATED")
_TOLD_STEPS = ("CONFIRMATION", "ADMIN_UPDATE")


def _json(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    return value.isoformat() if isinstance(value, date) else value


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.title() for word in rest)


def _fields(row: Any, *names: str) -> dict[str, Any]:
    return {_camel(name): _json(getattr(row, name)) for name in names}


async def next_candidate(session: AsyncSession, now: datetime) -> GdprExtract | None:
    """One of the extracts that wait, whichever; None when nobody waits, or enough were made today."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    made = await session.scalar(
        select(func.count()).select_from(GdprExtract).where(GdprExtract.date_processed >= midnight)
    )
    if (made or 0) >= MOST_A_DAY:
        return None
    waiting = (
        select(GdprExtract.id)
        .where(GdprExtract.date_processed.is_(None), GdprExtract.date_created > now - EXTRACT_LIFE)
        .order_by(GdprExtract.id)
        .limit(MOST_A_DAY)
        .subquery()
    )
    return await session.scalar(
        select(GdprExtract).where(GdprExtract.id.in_(select(waiting.c.id))).order_by(func.random()).limit(1)
    )


async def own_data(session: AsyncSession, account: Account) -> dict[str, Any]:
    """The sections that this service knows."""
    mine = account.id
    return {
        "user": _user(account),
        "marketing": {_camel(name): value for name, value in account.notification_subscriptions.items()},
        "loginDevices": await _devices(session, mine),
        "emailsHistory": [
            _fields(row, "old_email", "new_email", "step", "date_created")
            for row in await session.scalars(
                select(EmailChange)
                .where(EmailChange.account_id == mine, EmailChange.step.in_(_TOLD_STEPS))
                .order_by(EmailChange.id)
            )
        ],
        "actionsHistory": [
            {"type": row.type, "reason": row.reason, "date": _json(row.happened_at)}
            for row in await session.scalars(
                select(AccountAction)
                .where(AccountAction.account_id == mine, AccountAction.type.in_(_TOLD_ACTIONS))
                .order_by(AccountAction.id)
            )
        ],
        "beneficiaryValidations": [
            _fields(row, "type", "eligibility_type", "status", "date_created", "updated_at")
            for row in await session.scalars(
                select(SubscriptionCheck).where(SubscriptionCheck.account_id == mine).order_by(SubscriptionCheck.id)
            )
        ],
        "deposits": await _deposits(session, mine),
        "achievements": [
            _fields(row, "name", "unlocked_date")
            for row in await session.scalars(
                select(Achievement).where(Achievement.account_id == mine).order_by(Achievement.id)
            )
        ],
        "culturalSurvey": [
            _fields(row, "answers", "date_created")
            for row in await session.scalars(
                select(SurveyAnswers).where(SurveyAnswers.account_id == mine).order_by(SurveyAnswers.id)
            )
        ],
    }


def _user(account: Account) -> dict[str, Any]:
    return _fields(
        account,
        "id",
        "email",
        "civility",
        "first_name",
        "last_name",
        "married_name",
        "date_of_birth",
        "validated_birth_date",
        "birth_place",
        "phone_number",
        "phone_validation_status",
        "address",
        "postal_code",
        "city",
        "department_code",
        "activity",
        "school_type",
        "id_piece_number",
        "roles",
        "is_active",
        "is_email_validated",
        "date_created",
        "last_connection_date",
    )


async def _devices(session: AsyncSession, account_id: int) -> list[dict[str, Any]]:
    logins = await session.scalars(
        select(LoginDevice).where(LoginDevice.account_id == account_id).order_by(LoginDevice.id)
    )
    trusted = set(await session.scalars(select(TrustedDevice.device_id).where(TrustedDevice.account_id == account_id)))
    return [
        {
            **_fields(row, "device_id", "source", "os", "location", "date_created"),
            "isTrusted": row.device_id in trusted,
        }
        for row in logins
    ]


async def _deposits(session: AsyncSession, account_id: int) -> list[dict[str, Any]]:
    rows = await session.scalars(
        select(Deposit)
        .where(Deposit.account_id == account_id)
        .order_by(Deposit.id)
        .options(selectinload(Deposit.recredits))
    )
    return [
        {
            **_fields(row, "type", "source", "date_created", "date_updated", "expiration_date"),
            "amount": row.amount_cents,
            "recredits": [
                {"type": item.type, "amount": item.amount_cents, "dateCreated": _json(item.date_created)}
                for item in row.recredits
            ],
        }
        for row in rows
    ]
