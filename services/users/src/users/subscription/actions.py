"""Steps of the subscription that are taken."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from shared import clock
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
    await session.flush()
    return check
