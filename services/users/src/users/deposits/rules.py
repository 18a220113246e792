"""Credits: types, amounts, expiry, and what a grant or a recredit adds (users rules: deposits). Pure; cents and UTC."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from users.accounts.rules import Role
from users.eligibility.rules import EligibilityType, birthday


class DepositType(StrEnum):
    GRANT_17_18 = "GRANT_17_18"
    GRANT_FREE = "GRANT_FREE"
    GRANT_15_17 = "GRANT_15_17"
    GRANT_18 = "GRANT_18"


class RecreditType(StrEnum):
    RECREDIT_15 = "Recredit15"
    RECREDIT_16 = "Recredit16"
    RECREDIT_17 = "Recredit17"
    RECREDIT_18 = "Recredit18"
    BONUS_CREDIT = "BonusCredit"
    MANUAL_MODIFICATION = "ManualModification"
    PREVIOUS_DEPOSIT = "PreviousDeposit"
    FINANCE_INCIDENT_RECREDIT = "FinanceIncidentRecredit"


# A deposit may hold several of these; of any other type it holds one.
REPEATABLE_RECREDITS = frozenset({RecreditType.MANUAL_MODIFICATION, RecreditType.FINANCE_INCIDENT_RECREDIT})

RECREDIT_OF_AGE = {
    15: RecreditType.RECREDIT_15,
    16: RecreditType.RECREDIT_16,
    17: RecreditType.RECREDIT_17,
    18: RecreditType.RECREDIT_18,
}
LEGACY_AMOUNTS = {15: 20_00, 16: 30_00, 17: 30_00}
LEGACY_AMOUNT_18 = {1: 500_00, 2: 300_00}
AMOUNTS_BY_AGE = {17: 50_00, 18: 150_00}
BONUS_AMOUNT = 50_00
BONUS_THRESHOLD = 700
CURRENT_VERSION = {
    DepositType.GRANT_15_17: 1,
    DepositType.GRANT_18: 2,
    DepositType.GRANT_17_18: 1,
    DepositType.GRANT_FREE: 1,
}

EXPIRY_AGE = 21
# The day of the 21st birthday starts up to eleven hours later in overseas territories than in UTC.
OVERSEAS_BUFFER = timedelta(hours=11)
EXPIRED_SINCE = timedelta(minutes=5)


class GrantRefused(Exception):
    """The credit cannot be granted; the subclasses say why."""


class DepositTypeAlreadyGranted(GrantRefused):
    """The person holds, or held, a deposit of that type."""


class UserHasAlreadyActiveDeposit(GrantRefused):
    """Another deposit still runs."""


class DepositNotGrantable(GrantRefused):
    """The age or the account does not give that credit."""


class UserCannotBeRecredited(GrantRefused):
    """The person has a running deposit and nothing to add to it."""


@dataclass(frozen=True)
class HeldDeposit:
    """A deposit that a person holds, as the decisions need it."""

    id: int
    type: DepositType
    amount_cents: int
    date_created: datetime
    expiration_date: datetime | None
    recredits: tuple[RecreditType, ...] = ()

    def is_running(self, now: datetime) -> bool:
        return self.expiration_date is None or self.expiration_date > now


@dataclass(frozen=True)
class NewDeposit:
    type: DepositType
    version: int
    amount_cents: int


@dataclass(frozen=True)
class NewRecredit:
    type: RecreditType
    amount_cents: int


def expiration_date(birth_date: date) -> datetime:
    """When every deposit ends: the 21st birthday, and the overseas buffer."""
    return datetime.combine(birthday(birth_date, EXPIRY_AGE), time.min, tzinfo=UTC) + OVERSEAS_BUFFER


def current_deposit(deposits: Sequence[HeldDeposit]) -> HeldDeposit | None:
    """The one that counts: the latest to expire, running or not."""
    endless = datetime.max.replace(tzinfo=UTC)
    return max(deposits, key=lambda d: (d.expiration_date or endless, d.id), default=None)


def first_deposit(eligibility: EligibilityType, age_at_registration: int) -> NewDeposit:
    """The deposit that an activation opens, before any recredit.

    `age_at_registration` counts for the legacy credit of the 15-17 year-olds alone.
    """
    if eligibility is EligibilityType.UNDERAGE:
        if age_at_registration not in LEGACY_AMOUNTS:
            raise DepositNotGrantable(f"no legacy credit at {age_at_registration}")
        return NewDeposit(DepositType.GRANT_15_17, 1, LEGACY_AMOUNTS[age_at_registration])
    if eligibility is EligibilityType.AGE18:
        version = CURRENT_VERSION[DepositType.GRANT_18]
        return NewDeposit(DepositType.GRANT_18, version, LEGACY_AMOUNT_18[version])
    if eligibility is EligibilityType.AGE17_18:
        return NewDeposit(DepositType.GRANT_17_18, 1, 0)
    return NewDeposit(DepositType.GRANT_FREE, 1, 0)


def check_grantable(new: DepositType, held: Sequence[HeldDeposit], now: datetime) -> None:
    """Refuse a second deposit of a type, a free one after the third credit, and a second running one."""
    types = {deposit.type for deposit in held}
    if new in types or (new is DepositType.GRANT_FREE and DepositType.GRANT_17_18 in types):
        raise DepositTypeAlreadyGranted(new)
    if any(deposit.is_running(now) for deposit in held):
        raise UserHasAlreadyActiveDeposit(new)


def check_activation(eligibility: EligibilityType, age: int, roles: Sequence[str], held: Sequence[HeldDeposit]) -> None:
    """The guards of an activation (users rules: eligibility)."""
    current = current_deposit(held)
    if eligibility is EligibilityType.UNDERAGE and (age >= 18 or Role.BENEFICIARY in roles):
        raise DepositNotGrantable("the legacy under-age credit ends at 18")
    if eligibility is EligibilityType.AGE18 and current is not None and current.type is DepositType.GRANT_17_18:
        raise DepositNotGrantable("the third credit is not replaced by the legacy one")


def age_recredits(held: Sequence[HeldDeposit], first_age: int, current_age: int) -> list[NewRecredit]:
    """What a GRANT_17_18 still lacks: each age from the first registration to now, unless any deposit had it already."""
    had = {recredit for deposit in held for recredit in deposit.recredits}
    return [
        NewRecredit(RECREDIT_OF_AGE[age], amount)
        for age, amount in AMOUNTS_BY_AGE.items()
        if first_age <= age <= current_age and RECREDIT_OF_AGE[age] not in had
    ]


def may_be_recredited(
    current: HeldDeposit | None, held: Sequence[HeldDeposit], *, age: int, age_at_deposit: int, now: datetime
) -> bool:
    """Whether the person may be recredited for their age (users rules: deposits).

    `age_at_deposit` is the age known when the legacy deposit was given: that age was paid by the deposit itself.
    """
    if age not in AMOUNTS_BY_AGE or current is None or not current.is_running(now):
        return False
    if current.type is DepositType.GRANT_18:
        return False
    if current.type is DepositType.GRANT_15_17 and age_at_deposit == age:
        return False
    return all(RECREDIT_OF_AGE[age] not in deposit.recredits for deposit in held)


def role_of(deposit_type: DepositType, age: int) -> Role:
    """The role that goes with a deposit."""
    if deposit_type is DepositType.GRANT_15_17:
        return Role.UNDERAGE_BENEFICIARY
    if deposit_type is DepositType.GRANT_18:
        return Role.BENEFICIARY
    if deposit_type is DepositType.GRANT_17_18:
        return Role.BENEFICIARY if age >= 18 else Role.UNDERAGE_BENEFICIARY
    return Role.FREE_BENEFICIARY


_SHOWN_FIRST_V3 = (RecreditType.BONUS_CREDIT, RecreditType.RECREDIT_18, RecreditType.RECREDIT_17)
_SHOWN_FIRST_LEGACY = (RecreditType.RECREDIT_17, RecreditType.RECREDIT_16, RecreditType.RECREDIT_15)


def recredit_to_show(current: HeldDeposit | None) -> RecreditType | None:
    """The kind of recredit that the app announces."""
    if current is None:
        return None
    wanted = _SHOWN_FIRST_V3 if current.type is DepositType.GRANT_17_18 else _SHOWN_FIRST_LEGACY
    return next((type_ for type_ in wanted if type_ in current.recredits), None)
