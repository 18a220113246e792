"""Steps of the subscription that are taken."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from shared import clock
from shared.database import emit
from shared.events.users import CHECK
from shared.events.users import Check as CheckState
from users.eligibility.rules import EligibilityType
from users.subscription.checks import IDENTITY_CHECKS, CheckStatus, CheckType
from users.subscription.models import SubscriptionCheck

_IDENTIFIERS = {
    CheckType.PROFILE_COMPLETION: "profile-completion-{}",
    CheckType.HONOR_STATEMENT: "internal_check_{}",
    CheckType.PHONE_VALIDATION: "PC-{}",
    CheckType.QF_BONUS_CREDIT: "qf-bonus-credit-{}",
    CheckType.DISABILITY_BONUS_CREDIT: "disability-bonus-credit-{}",
}

# What people do themselves; everything else is somebody's verdict.
OWN_STEPS = frozenset({CheckType.PROFILE_COMPLETION, CheckType.HONOR_STATEMENT, CheckType.PHONE_VALIDATION})


async def tell_check(session: AsyncSession, check: SubscriptionCheck) -> None:
    """Publish how a check that was just written stands; a request for an allowance leaves no trace."""
    await session.flush()
    kind, status = CheckType(check.type), CheckStatus(check.status) if check.status else None
    if kind is CheckType.DISABILITY_BONUS_CREDIT or status in (None, CheckStatus.MOCK_CONFIG):
        return
    if status in (CheckStatus.STARTED, CheckStatus.PENDING):
        fact = "started"
    else:
        fact = "completed" if kind in OWN_STEPS and status is CheckStatus.OK else "concluded"
    await emit(session, CHECK, fact, state_of(check))


def state_of(check: SubscriptionCheck) -> CheckState:
    """The public state of a check."""
    return CheckState(
        id=check.id,
        user_id=check.account_id,
        type=check.type,
        status=check.status or "",
        eligibility_type=check.eligibility_type,
        reason_codes=check.reason_codes or [],
        date_created=check.date_created,
        updated_at=check.updated_at,
    )


async def record_check(
    session: AsyncSession,
    account_id: int,
    kind: CheckType,
    status: CheckStatus,
    *,
    eligibility: EligibilityType | None,
    third_party_id: str | None = None,
    content: dict[str, Any] | None = None,
    reason_codes: Sequence[str] = (),
    registered_at: datetime | None = None,
) -> SubscriptionCheck:
    """Write down a step: what was declared or proven, and when it counts from (its own date when earlier)."""
    now = clock.now()
    when = min(registered_at, now) if registered_at else now
    check = SubscriptionCheck(
        account_id=account_id,
        type=kind.value,
        status=status.value,
        eligibility_type=eligibility.value if eligibility else None,
        third_party_id=third_party_id
        or _IDENTIFIERS.get(kind, "{}").format(account_id if kind in _IDENTIFIERS else uuid4()),
        content=content,
        reason_codes=list(reason_codes) or None,
        registered_at=when,
        # Of identity checks the newest record decides, whenever the provider says that it began.
        date_created=now if kind in IDENTITY_CHECKS else when,
    )
    session.add(check)
    await tell_check(session, check)
    return check
