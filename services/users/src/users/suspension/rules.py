"""When a person may come back, and which accounts may be closed by whom. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from enum import StrEnum

from users.accounts.rules import Role, SuspensionReason, has_any_pro_role, is_beneficiary

# For partners and agents; every other reason is for young people (users rules: closed lists).
PRO_REASONS = frozenset(
    {
        SuspensionReason.CLOSED_STRUCTURE_DEFINITIVE,
        SuspensionReason.CLOSED_STRUCTURE_TEMP,
        SuspensionReason.END_OF_CONTRACT,
        SuspensionReason.FRAUD_CREATION_PRO,
        SuspensionReason.FRAUD_USURPATION_PRO,
        SuspensionReason.SUSPENSION_FOR_INVESTIGATION_TEMP,
    }
)
UNSUSPENSION_LIMIT = timedelta(days=60)
# The day after the last one on which they may come back, and the warning before it.
DELETION_AFTER = timedelta(days=61)
WARNING_AFTER = timedelta(days=51)


def suits(reason: SuspensionReason, roles: Iterable[Role | str]) -> bool:
    """Whether an agent may close such an account for this reason; for who is a partner and a beneficiary, any will do."""
    held = set(roles)
    is_staff = has_any_pro_role(held) or Role.ADMIN in held
    return is_staff if reason in PRO_REASONS else not is_staff or is_beneficiary(held)


class Unsuspension(StrEnum):
    """Why somebody may not open their account again themselves."""

    ALREADY = "ALREADY_UNSUSPENDED"
    NOT_ALLOWED = "UNSUSPENSION_NOT_ALLOWED"
    TOO_LATE = "UNSUSPENSION_LIMIT_REACHED"


def refused_unsuspension(
    is_active: bool, reason: SuspensionReason | None, suspended_at: datetime | None, today: date
) -> Unsuspension | None:
    """None when a person may undo their own suspension: they asked for it at most 60 days ago (users rules: suspension)."""
    if is_active:
        return Unsuspension.ALREADY
    if reason is not SuspensionReason.UPON_USER_REQUEST or suspended_at is None:
        return Unsuspension.NOT_ALLOWED
    if suspended_at.date() + UNSUSPENSION_LIMIT < today:
        return Unsuspension.TOO_LATE
    return None
