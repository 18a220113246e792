"""Reading what the subscription decides from."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.geography import timezone_name
from users.accounts.models import Account
from users.accounts.rules import in_order
from users.deposits.rules import HeldDeposit, current_deposit
from users.eligibility.rules import EligibilityType, Person, Reform, eligibility_of
from users.features.declared import Flag
from users.identity.content import ProvidedIdentity
from users.subscription.checks import (
    IDENTITY_CHECKS,
    Candidate,
    Check,
    CheckStatus,
    CheckType,
    PhoneValidationStatus,
    ReviewVerdict,
    registrations,
)
from users.subscription.models import SubscriptionCheck, SubscriptionReview


def zone_of(account: Account) -> ZoneInfo:
    """Where the person's days start and end."""
    return ZoneInfo(timezone_name(account.department_code))


def person_of(account: Account) -> Person | None:
    """The account as the eligibility rules see it; None without a birth date."""
    if account.birth_date is None:
        return None
    return Person(account.birth_date, zone_of(account))


def check_of(row: SubscriptionCheck) -> Check:
    return Check(
        type=CheckType(row.type),
        status=CheckStatus(row.status) if row.status else None,
        eligibility=EligibilityType(row.eligibility_type) if row.eligibility_type else None,
        registered_at=row.registered_at,
        created_at=row.date_created,
        reason_codes=tuple(row.reason_codes or ()),
        has_city=bool((row.content or {}).get("city")),
        by_backoffice=bool((row.content or {}).get("by_backoffice")),
        id=row.id,
    )


async def checks_of(session: AsyncSession, account_id: int) -> list[Check]:
    rows = await session.scalars(
        select(SubscriptionCheck).where(SubscriptionCheck.account_id == account_id).order_by(SubscriptionCheck.id)
    )
    return [check_of(row) for row in rows]


async def birth_date_known_at(session: AsyncSession, account: Account, moment: datetime) -> date | None:
    """The birth date that counted at a moment: the last one that was proven by then, else the declared one."""
    born = SubscriptionCheck.content["birth_date"].astext
    proven = await session.scalar(
        select(born)
        .where(
            SubscriptionCheck.account_id == account.id,
            SubscriptionCheck.type.in_([kind.value for kind in IDENTITY_CHECKS]),
            SubscriptionCheck.status == CheckStatus.OK.value,
            SubscriptionCheck.date_created <= moment,
            born.is_not(None),
        )
        .order_by(SubscriptionCheck.date_created.desc(), SubscriptionCheck.id.desc())
        .limit(1)
    )
    return ProvidedIdentity.of({"birth_date": proven}).birth_date or account.date_of_birth


async def checks_page(session: AsyncSession, after: int, limit: int) -> list[SubscriptionCheck]:
    """Checks that are told of, in the order of their ids, locked, for a replay."""
    rows = await session.scalars(
        select(SubscriptionCheck)
        .where(
            SubscriptionCheck.id > after,
            SubscriptionCheck.type != CheckType.DISABILITY_BONUS_CREDIT.value,
            SubscriptionCheck.status != CheckStatus.MOCK_CONFIG.value,
        )
        .order_by(SubscriptionCheck.id)
        .limit(limit)
        .with_for_update(read=True)
    )
    return list(rows)


async def last_review_of(session: AsyncSession, account_id: int) -> ReviewVerdict | None:
    verdict = await session.scalar(
        select(SubscriptionReview.verdict)
        .where(SubscriptionReview.account_id == account_id)
        .order_by(SubscriptionReview.date_reviewed.desc(), SubscriptionReview.id.desc())
        .limit(1)
    )
    return ReviewVerdict(verdict) if verdict else None


async def candidate_of(
    session: AsyncSession,
    account: Account,
    deposits: Sequence[HeldDeposit],
    *,
    flags: frozenset[Flag],
    reform: Reform,
    now: datetime,
) -> Candidate:
    """Everything that the subscription's rules read, in two statements."""
    return candidate_from(
        account,
        deposits,
        await checks_of(session, account.id),
        await last_review_of(session, account.id),
        flags=flags,
        reform=reform,
        now=now,
    )


def candidate_from(
    account: Account,
    deposits: Sequence[HeldDeposit],
    checks: Sequence[Check],
    last_review: ReviewVerdict | None,
    *,
    flags: frozenset[Flag],
    reform: Reform,
    now: datetime,
) -> Candidate:
    """The candidate that was read."""
    person = person_of(account)
    current = current_deposit(deposits)
    phone = account.phone_validation_status
    return Candidate(
        now=now,
        reform=reform,
        person=person,
        roles=tuple(in_order(account.roles)),
        is_active=account.is_active,
        is_email_validated=account.is_email_validated,
        phone_number=account.phone_number,
        phone_validation_status=PhoneValidationStatus(phone) if phone else None,
        has_deposit=current is not None,
        has_running_deposit=current is not None and current.is_running(now),
        eligibility=eligibility_of(person, registrations(checks), now=now, reform=reform),
        checks=tuple(checks),
        last_review=last_review,
        flags=flags,
    )
