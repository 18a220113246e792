"""The bonus: its status as the app shows it, by the way in which it was asked for (users rules: bonus credit). Pure.

Two ways lead to the one bonus: the family quotient, and an allowance for a disability.
"""

from __future__ import annotations

from collections.abc import Sequence

from users.accounts.rules import is_beneficiary
from users.deposits.rules import DepositType, HeldDeposit, RecreditType
from users.subscription.checks import Candidate, Check, CheckStatus, CheckType

MAX_ATTEMPTS = 10
QUOTIENT, DISABILITY = CheckType.QF_BONUS_CREDIT, CheckType.DISABILITY_BONUS_CREDIT
CLOSED = frozenset({"granted", "not_eligible", "too_many_retries", "started"})
_PENDING = (CheckStatus.STARTED, CheckStatus.PENDING)
_KO_CODES = {
    "quotient_familial_not_found": "custodian_not_found",
    "not_in_tax_household": "not_in_tax_household",
    "quotient_familial_too_high": "quotient_familial_too_high",
    "person_not_found": "person_not_found",
    "application_not_found": "application_not_found",
    "not_recipient": "not_recipient",
}


def _own_checks(candidate: Candidate, way: CheckType) -> list[Check]:
    return [check for check in candidate.checks if check.type is way and check.status is not CheckStatus.MOCK_CONFIG]


def bonus_status(candidate: Candidate, current: HeldDeposit | None, way: CheckType = QUOTIENT) -> str:
    """One of the contract's values of `qfBonificationStatus`, or of `disabilityBonificationStatus` for the other way."""
    if current is not None and RecreditType.BONUS_CREDIT in current.recredits:
        return "granted"
    if candidate.age != 18 or current is None or current.type is not DepositType.GRANT_17_18:
        return "not_eligible"
    if not is_beneficiary(candidate.roles) or not current.is_running(candidate.now):
        return "not_eligible"
    checks = _own_checks(candidate, way)
    last = max(checks, key=lambda check: (check.created_at, check.id), default=None)
    if last is None or last.status in (CheckStatus.CANCELED, CheckStatus.ERROR, None):
        return "eligible"
    if last.status in _PENDING:
        return "started"
    if last.status is CheckStatus.OK:
        return "granted"
    if len([check for check in checks if not check.by_backoffice]) >= MAX_ATTEMPTS:
        return "too_many_retries"
    return _ko_status(last.reason_codes)


def may_ask(candidate: Candidate, current: HeldDeposit | None, way: CheckType) -> bool:
    """Whether the bonus may be asked for now, in this way."""
    return bonus_status(candidate, current, way) not in CLOSED


def _ko_status(codes: Sequence[str]) -> str:
    return next((_KO_CODES[code] for code in codes if code in _KO_CODES), "ko")


def remaining_attempts(candidate: Candidate, status: str) -> int | None:
    """Requests on the family quotient left; None for somebody whom the bonus does not concern."""
    if status == "not_eligible":
        return None
    if status in ("granted", "too_many_retries"):
        return 0
    refused = [c for c in _own_checks(candidate, QUOTIENT) if c.status is CheckStatus.KO and not c.by_backoffice]
    return max(0, MAX_ATTEMPTS - len(refused))
