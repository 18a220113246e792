"""Who may ask to be erased, who is erased in time, and what is left of them. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from users.accounts.rules import Role, SuspensionReason
from users.deposits.rules import DepositType
from users.eligibility.rules import age_on

INACTIVE_YEARS = 3
FRAUD_YEARS = 5
DEPOSIT_YEARS = 5
OLD_DEPOSIT_YEARS = 10
AGENT_YEARS = 1
WARNING_DAYS = 30
FREE_AGE = 21
EXTRACT_LIFE = timedelta(days=7)
HOUSE_DOMAIN = "@passculture.app"

FRAUD_REASONS = frozenset(
    {
        *(reason for reason in SuspensionReason if reason.name.startswith("FRAUD_")),
        SuspensionReason.SUSPICIOUS_LOGIN_REPORTED_BY_USER,
        SuspensionReason.SUSPENSION_FOR_INVESTIGATION_TEMP,
    }
)
# Free beneficiaries may go as well: the former system forgot them (users rules: defects).
YOUNG_ROLES = frozenset({Role.BENEFICIARY, Role.UNDERAGE_BENEFICIARY, Role.FREE_BENEFICIARY})


class Category(StrEnum):
    """The populations that the retention job goes through."""

    NEITHER = "neither"
    BENEFICIARY = "beneficiary"
    PRO = "pro"
    NOTIFY_PRO = "notify_pro"
    INTERNAL = "internal"


class Refusal(StrEnum):
    """Why somebody may not ask to be erased."""

    EXTRACT = "EXISTING_UNPROCESSED_GDPR_EXTRACT"
    NOT_ALLOWED = "NOT_ANONYMIZABLE_BENEFICIARY"
    ALREADY = "ALREADY_HAS_PENDING_ANONYMIZATION"


@dataclass(frozen=True)
class Asker:
    """What decides whether a person may ask to be erased."""

    roles: tuple[str, ...]
    deposits: tuple[DepositType, ...]
    validated_birth_date: date | None
    has_open_extract: bool
    has_request: bool


def refused_request(asker: Asker, today: date) -> Refusal | None:
    """Young people without credit, or whose credit is over by age, may ask (users rules: self-anonymisation).

    The free credit of 15 and 16 year-olds has no money in it and binds nobody.
    """
    if asker.has_open_extract:
        return Refusal.EXTRACT
    if not YOUNG_ROLES.issuperset(asker.roles):
        return Refusal.NOT_ALLOWED
    has_credit = any(kind is not DepositType.GRANT_FREE for kind in asker.deposits)
    is_over = asker.validated_birth_date is not None and age_on(asker.validated_birth_date, today) >= FREE_AGE
    if has_credit and not is_over:
        return Refusal.NOT_ALLOWED
    return Refusal.ALREADY if asker.has_request else None


def years_before(moment: datetime, years: int) -> datetime:
    """The same day so many years ago; 28 February for the 29th."""
    try:
        return moment.replace(year=moment.year - years)
    except ValueError:
        return moment.replace(year=moment.year - years, day=28)


def first_of_year(day: date | None) -> date | None:
    """What is kept of a birth date."""
    return day.replace(month=1, day=1) if day else None


def anonymous_email(account_id: int, *, was_agent: bool = False) -> str:
    name = f"ex_backoffice_user_{account_id}" if was_agent else f"anonymous_{account_id}"
    return f"{name}@anonymized.passculture"


def was_agent(roles: Iterable[str], email: str) -> bool:
    return Role.ADMIN in set(roles) or email.endswith(HOUSE_DOMAIN)
