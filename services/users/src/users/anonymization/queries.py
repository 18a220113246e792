"""Whom the retention rules concern (users rules: retention)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from users.accounts.models import Account, AccountAction, AnonymizationRequest
from users.accounts.queries import SUSPENDED
from users.accounts.rules import BENEFICIARY_ROLES, Role
from users.anonymization.models import GdprExtract
from users.anonymization.rules import (
    AGENT_YEARS,
    DEPOSIT_YEARS,
    EXTRACT_LIFE,
    FRAUD_REASONS,
    FRAUD_YEARS,
    FREE_AGE,
    HOUSE_DOMAIN,
    INACTIVE_YEARS,
    WARNING_DAYS,
    Category,
    years_before,
)
from users.deposits.models import Deposit
from users.eligibility.rules import birthday
from users.replicas.models import AttachmentReplica
from users.subscription.models import SubscriptionCheck

ATTACHED = ("NEW", "PENDING", "VALIDATED")


async def has_open_extract(session: AsyncSession, account_id: int, now: datetime) -> bool:
    """Whether somebody's data are being extracted: they must still be there."""
    return bool(
        await session.scalar(
            select(
                exists().where(
                    GdprExtract.account_id == account_id,
                    GdprExtract.date_processed.is_(None),
                    GdprExtract.date_created > now - EXTRACT_LIFE,
                )
            )
        )
    )


async def has_request(session: AsyncSession, account_id: int) -> bool:
    return await session.get(AnonymizationRequest, account_id) is not None


def no_recent_fraud(now: datetime) -> ColumnElement[bool]:
    """Whether an account was not suspended for fraud in the years in which that must be remembered."""
    return ~exists().where(
        AccountAction.account_id == Account.id,
        AccountAction.type == SUSPENDED,
        AccountAction.reason.in_([reason.value for reason in FRAUD_REASONS]),
        AccountAction.happened_at > years_before(now, FRAUD_YEARS),
    )


def _neither(now: datetime) -> ColumnElement[bool]:
    return and_(
        func.cardinality(Account.roles) == 0,
        ~exists().where(Deposit.account_id == Account.id),
        Account.last_connection_date < years_before(now, INACTIVE_YEARS),
        ~Account.email.endswith(HOUSE_DOMAIN),
        no_recent_fraud(now),
    )


def _beneficiary(now: datetime) -> ColumnElement[bool]:
    """Former beneficiaries, and everybody who asked and is old enough (or never said how old they are)."""
    former = and_(
        Account.roles.overlap([role.value for role in BENEFICIARY_ROLES]),
        Account.last_connection_date < years_before(now, INACTIVE_YEARS),
        exists().where(Deposit.account_id == Account.id, Deposit.expiration_date < years_before(now, DEPOSIT_YEARS)),
        no_recent_fraud(now),
    )
    birth_date = func.coalesce(Account.validated_birth_date, Account.date_of_birth)
    asked = and_(
        exists().where(AnonymizationRequest.account_id == Account.id),
        or_(birth_date.is_(None), birth_date <= birthday(now.date(), -FREE_AGE)),
    )
    return or_(former, asked)


def _only_unattached_partner() -> ColumnElement[bool]:
    return and_(
        Account.roles == [Role.NON_ATTACHED_PRO.value],
        ~exists().where(SubscriptionCheck.account_id == Account.id),
        ~exists().where(AttachmentReplica.user_id == Account.id, AttachmentReplica.validation_status.in_(ATTACHED)),
    )


def _last_seen() -> ColumnElement[datetime]:
    return func.coalesce(Account.last_connection_date, Account.date_created)


def _pro(now: datetime) -> ColumnElement[bool]:
    return and_(_only_unattached_partner(), _last_seen() < years_before(now, INACTIVE_YEARS))


def _notify_pro(now: datetime) -> ColumnElement[bool]:
    """Whoever was last seen on the very day three years less thirty days ago."""
    day = (years_before(now, INACTIVE_YEARS) + timedelta(days=WARNING_DAYS)).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    return and_(_only_unattached_partner(), _last_seen() >= day, _last_seen() < day + timedelta(days=1))


def _internal(now: datetime) -> ColumnElement[bool]:
    return and_(
        Account.email.endswith(HOUSE_DOMAIN),
        ~Account.is_active,
        ~exists().where(
            AccountAction.account_id == Account.id,
            AccountAction.type == SUSPENDED,
            AccountAction.happened_at > years_before(now, AGENT_YEARS),
        ),
    )


_POPULATIONS = {
    Category.NEITHER: _neither,
    Category.BENEFICIARY: _beneficiary,
    Category.PRO: _pro,
    Category.NOTIFY_PRO: _notify_pro,
    Category.INTERNAL: _internal,
}


def population(category: Category, now: datetime) -> Select[Any]:
    """The ids of a category, nobody of whom is anonymous already or has an extract under way."""
    extract = exists().where(
        GdprExtract.account_id == Account.id,
        GdprExtract.date_processed.is_(None),
        GdprExtract.date_created > now - EXTRACT_LIFE,
    )
    anonymous = Account.roles.contains([Role.ANONYMIZED.value])
    return select(Account.id).where(_POPULATIONS[category](now), ~extract, ~anonymous)
