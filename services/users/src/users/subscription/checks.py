"""What the subscription knows of a person, and which of their checks count for an eligibility. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from users.accounts.rules import Role
from users.eligibility.rules import (
    EligibilityType,
    Person,
    Reform,
    Registration,
    age_at,
    eligibility_at,
    is_18_or_above,
    is_underage,
)
from users.features.declared import Flag


class CheckType(StrEnum):
    DISABILITY_BONUS_CREDIT = "disability_bonus_credit"
    DMS = "dms"
    EDUCONNECT = "educonnect"
    HONOR_STATEMENT = "honor_statement"
    INTERNAL_REVIEW = "internal_review"
    JOUVE = "jouve"
    PHONE_VALIDATION = "phone_validation"
    PROFILE_COMPLETION = "profile_completion"
    QF_BONUS_CREDIT = "qf_bonus_credit"
    UBBLE = "ubble"
    USER_PROFILING = "user_profiling"


IDENTITY_CHECKS = frozenset({CheckType.JOUVE, CheckType.DMS, CheckType.UBBLE, CheckType.EDUCONNECT})


class CheckStatus(StrEnum):
    CANCELED = "canceled"
    ERROR = "error"
    KO = "ko"
    OK = "ok"
    PENDING = "pending"
    STARTED = "started"
    SUSPICIOUS = "suspiscious"  # spelt so in the records
    MOCK_CONFIG = "mock_config"


class ReviewVerdict(StrEnum):
    KO = "KO"
    OK = "OK"
    REDIRECTED_TO_DMS = "REDIRECTED_TO_DMS"


class PhoneValidationStatus(StrEnum):
    SKIPPED_BY_SUPPORT = "skipped-by-support"
    UNVALIDATED = "unvalidated"
    VALIDATED = "validated"


@dataclass(frozen=True)
class Check:
    """A step taken: its status, the eligibility it was recorded under, when it counts from and when it was written.

    `id` is the record's, 0 where there is none.
    """

    type: CheckType
    status: CheckStatus | None
    eligibility: EligibilityType | None
    registered_at: datetime
    created_at: datetime
    reason_codes: tuple[str, ...] = ()
    has_city: bool = False
    by_backoffice: bool = False
    id: int = 0


@dataclass(frozen=True)
class Candidate:
    """Everything that the subscription decides from."""

    now: datetime
    reform: Reform
    person: Person | None
    roles: tuple[Role, ...]
    is_active: bool
    is_email_validated: bool
    phone_number: str | None
    phone_validation_status: PhoneValidationStatus | None
    has_deposit: bool
    has_running_deposit: bool
    eligibility: EligibilityType | None
    checks: tuple[Check, ...] = ()
    last_review: ReviewVerdict | None = None
    flags: frozenset[Flag] = frozenset()

    @property
    def age(self) -> int:
        return age_at(self.person, self.now) if self.person else 0

    @property
    def is_underage_eligible(self) -> bool:
        return is_underage(self.eligibility, self.age)

    @property
    def is_18_eligible(self) -> bool:
        return is_18_or_above(self.eligibility, self.age)


def registrations(checks: Sequence[Check]) -> list[Registration]:
    """The checks as the eligibility rules read them."""
    return [Registration(check.eligibility, check.registered_at) for check in checks]


def may_activate_next(candidate: Candidate) -> bool:
    """Whether the person may still obtain a credit (users rules: eligibility for the next activation)."""
    if Role.BENEFICIARY in candidate.roles:
        return False
    if Role.UNDERAGE_BENEFICIARY in candidate.roles:
        return candidate.is_18_eligible
    if Role.FREE_BENEFICIARY in candidate.roles:
        return candidate.is_underage_eligible or candidate.is_18_eligible
    return candidate.eligibility is not None


def _at_18_when_taken(check: Check, person: Person) -> bool:
    return is_18_or_above(check.eligibility, age_at(person, check.registered_at))


def _underage_when_taken(check: Check, person: Person) -> bool:
    return is_underage(check.eligibility, age_at(person, check.registered_at))


def is_relevant(check: Check, candidate: Candidate) -> bool:
    """Whether a check counts for the candidate's eligibility.

    Under the third credit ages are compared instead of types; an identity proven by Ubble or DMS stays proven at 18, one
    proven by ÉduConnect does not.
    """
    wanted, person = candidate.eligibility, candidate.person
    if wanted is None or check.eligibility is None or person is None:
        return False
    if (
        check.status is CheckStatus.OK
        and check.type in (CheckType.UBBLE, CheckType.DMS)
        and check.eligibility in (EligibilityType.UNDERAGE, EligibilityType.AGE17_18)
        and wanted in (EligibilityType.UNDERAGE, EligibilityType.AGE18, EligibilityType.AGE17_18)
        and (candidate.age >= 18 or Role.BENEFICIARY in candidate.roles)
    ):
        return True
    if EligibilityType.AGE17_18 in (wanted, check.eligibility):
        if candidate.age < 18:
            return _underage_when_taken(check, person)
        return _at_18_when_taken(check, person)
    return check.eligibility is wanted


_BEST_FIRST = (CheckStatus.OK, CheckStatus.PENDING, CheckStatus.STARTED, CheckStatus.SUSPICIOUS, CheckStatus.KO)


def best_check(candidate: Candidate, types: frozenset[CheckType]) -> Check | None:
    """The relevant check that decides an item: the best status, the newest of equals."""
    relevant = [c for c in candidate.checks if c.type in types and is_relevant(c, candidate)]

    def rank(check: Check) -> tuple[int, float]:
        place = _BEST_FIRST.index(check.status) if check.status in _BEST_FIRST else len(_BEST_FIRST)
        return place, -check.created_at.timestamp()

    return min(relevant, key=rank, default=None)


RESTARTABLE_CODES = frozenset(
    {
        "blurry_video",
        "document_damaged",
        "id_check_blocked_other",
        "id_check_expired",
        "id_check_not_authentic",
        "id_check_not_supported",
        "id_check_unprocessable",
        "lack_of_luminosity",
        "missing_required_data",
        "network_connection_issue",
        "not_document_owner",
        "ubble_internal_error",
    }
)
MAX_UBBLE_ATTEMPTS = 3


def is_retryable(check: Check, candidate: Candidate) -> bool:
    """Whether a refused identity check may be taken again."""
    if check.type is CheckType.EDUCONNECT:
        return True
    if check.type is not CheckType.UBBLE:
        return False
    if not check.reason_codes or not RESTARTABLE_CODES.issuperset(check.reason_codes):
        return False
    attempts = [
        c
        for c in candidate.checks
        if c.type is CheckType.UBBLE
        and c.eligibility is check.eligibility
        and c.status not in (CheckStatus.CANCELED, CheckStatus.STARTED)
    ]
    return len(attempts) < MAX_UBBLE_ATTEMPTS


def needs_manual_review(check: Check, candidate: Candidate) -> bool:
    """A DMS file accepted for somebody who had no right when they applied is for a human to judge."""
    return (
        check.type is CheckType.DMS
        and check.status is CheckStatus.OK
        and candidate.person is not None
        and eligibility_at(candidate.person, check.registered_at, candidate.reform) is None
    )
