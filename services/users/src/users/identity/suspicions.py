"""What follows when somebody seems to have two accounts."""

from __future__ import annotations

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from users.accounts.actions import suspend
from users.accounts.models import Account
from users.accounts.rules import SuspensionReason
from users.deposits.models import Deposit
from users.deposits.queries import deposits_of, held
from users.deposits.rules import DepositType, current_deposit
from users.identity.rules import masked_email
from users.notices.actions import request_notice
from users.sessions.actions import revoke_families
from users.settings import Settings

log = structlog.get_logger(__name__)
UNKNOWN_DUPLICATE = "***"


def support_link(settings: Settings, account_id: int) -> str:
    """Where agents see an account."""
    return f"{settings.backoffice_url.rstrip('/')}/public-accounts/{account_id}"


async def tell_of_duplicate(
    session: AsyncSession, settings: Settings, account: Account, duplicate_id: int | None
) -> None:
    """Mail the candidate that they have a credit elsewhere; close both accounts when both had the credit of minors."""
    address = UNKNOWN_DUPLICATE
    if duplicate_id is not None:
        email = await session.scalar(select(Account.email).where(Account.id == duplicate_id))
        address = masked_email(email) if email else UNKNOWN_DUPLICATE
    await request_notice(
        session,
        "subscription_rejected_for_duplicate_beneficiary",
        recipient=account.email,
        user_id=account.id,
        parameters={"DUPLICATE_BENEFICIARY_EMAIL": address},
    )
    if duplicate_id is not None and await _both_had_minors_credit(session, account.id, duplicate_id):
        await _close_both(session, settings, account.id, duplicate_id)


async def _both_had_minors_credit(session: AsyncSession, account_id: int, duplicate_id: int) -> bool:
    current = current_deposit([held(deposit) for deposit in await deposits_of(session, account_id)])
    if current is None or current.type is not DepositType.GRANT_15_17:
        return False
    theirs = await session.scalar(
        select(Deposit.id).where(Deposit.account_id == duplicate_id, Deposit.type == DepositType.GRANT_15_17.value)
    )
    return theirs is not None


async def _close_both(session: AsyncSession, settings: Settings, account_id: int, duplicate_id: int) -> None:
    for closed in sorted((account_id, duplicate_id)):
        await suspend(session, closed, SuspensionReason.FRAUD_SUSPICION)
        await revoke_families(session, closed, "duplicate")
    await request_notice(
        session,
        "fraud_duplicate_suspension",
        recipient=settings.fraud_team_email,
        user_id=account_id,
        parameters={
            "USER_LINK": support_link(settings, account_id),
            "DUPLICATE_LINK": support_link(settings, duplicate_id),
        },
    )
    log.warning("identity.duplicate_suspended", account_id=account_id, duplicate_id=duplicate_id)
