"""Decisions about an account: its roles, its state, its e-mail address. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    ADMIN = "ADMIN"
    ANONYMIZED = "ANONYMIZED"
    BENEFICIARY = "BENEFICIARY"
    UNDERAGE_BENEFICIARY = "UNDERAGE_BENEFICIARY"
    FREE_BENEFICIARY = "FREE_BENEFICIARY"
    PRO = "PRO"
    NON_ATTACHED_PRO = "NON_ATTACHED_PRO"
    TEST = "TEST"


EXCLUSIVE_ROLES = (
    frozenset({Role.ADMIN, Role.BENEFICIARY, Role.UNDERAGE_BENEFICIARY}),
    frozenset({Role.PRO, Role.NON_ATTACHED_PRO}),
)
BENEFICIARY_ROLES = frozenset({Role.BENEFICIARY, Role.UNDERAGE_BENEFICIARY, Role.FREE_BENEFICIARY})
PRO_ROLES = frozenset({Role.PRO, Role.NON_ATTACHED_PRO})

_REPLACED_BY = {
    Role.BENEFICIARY: frozenset({Role.UNDERAGE_BENEFICIARY, Role.FREE_BENEFICIARY}),
    Role.UNDERAGE_BENEFICIARY: frozenset({Role.FREE_BENEFICIARY}),
    Role.PRO: frozenset({Role.NON_ATTACHED_PRO}),
    Role.NON_ATTACHED_PRO: frozenset({Role.PRO}),
}


class RoleConflict(Exception):
    """The role cannot be held together with one that the person already has."""


def in_order(roles: Iterable[Role | str]) -> list[Role]:
    """Roles without repetition, in the order in which they are declared."""
    held = {Role(role) for role in roles}
    return [role for role in Role if role in held]


def check_roles(roles: Iterable[Role | str]) -> list[Role]:
    """The roles in order; raises `RoleConflict` when two of them exclude each other (users rules: roles)."""
    held = in_order(roles)
    for group in EXCLUSIVE_ROLES:
        if len(group.intersection(held)) > 1:
            raise RoleConflict(", ".join(sorted(group.intersection(held))))
    if Role.ANONYMIZED in held and len(held) > 1:
        raise RoleConflict("an anonymised account holds no other role")
    return held


def add_role(roles: Iterable[Role | str], role: Role) -> list[Role]:
    """The roles once `role` is added, the ones that it takes the place of removed (users rules: roles)."""
    held = set(in_order(roles))
    if role in held:
        return in_order(held)
    if role is Role.ANONYMIZED:
        return [Role.ANONYMIZED]
    return check_roles((held - _REPLACED_BY.get(role, frozenset())) | {role})


def remove_role(roles: Iterable[Role | str], role: Role) -> list[Role]:
    """The roles without `role`; an absent one is not an error."""
    return in_order(set(in_order(roles)) - {role})


def is_beneficiary(roles: Iterable[Role | str]) -> bool:
    return not BENEFICIARY_ROLES.isdisjoint(roles)


def may_edit_portal_account(roles: Iterable[Role | str]) -> bool:
    """Whether somebody may change their names, number, address and password in the portal: not while they wait for
    their first structure (users rules: partners)."""
    return not frozenset({Role.PRO, Role.ADMIN}).isdisjoint(roles)


def has_any_pro_role(roles: Iterable[Role | str]) -> bool:
    return not PRO_ROLES.isdisjoint(roles)


def pro_roles(roles: Iterable[Role | str], *, validated: bool, waiting: bool) -> list[Role]:
    """The roles that follow from attachments to offerers: PRO with a validated one, else NON_ATTACHED_PRO when one
    waits or when the person was a partner before."""
    held = in_order(roles)
    if Role.ANONYMIZED in held:
        return held
    if validated:
        return add_role(held, Role.PRO)
    if waiting or Role.PRO in held:
        return add_role(held, Role.NON_ATTACHED_PRO)
    return held


class SuspensionReason(StrEnum):
    """Why an account was suspended, in the words that are stored."""

    BLACKLISTED_DOMAIN_NAME = "nom de domaine blacklisté"
    CLOSED_STRUCTURE_DEFINITIVE = "definitively closed structure"
    CLOSED_STRUCTURE_TEMP = "temporarly closed structure"
    DELETED = "deleted"
    DEVICE_AT_RISK = "device at risk"
    DUPLICATE_REPORTED_BY_USER = "duplicate reported by user"
    END_OF_CONTRACT = "end of contract"
    END_OF_ELIGIBILITY = "end of eligibility"
    FRAUD_BOOKING_CANCEL = "booking cancel fraud"
    FRAUD_CREATION_PRO = "creation PRO fraud"
    FRAUD_DUPLICATE = "duplicate fraud"
    FRAUD_FAKE_DOCUMENT = "fake document fraud"
    FRAUD_HACK = "hacking fraud"
    FRAUD_RESELL_PASS = "pass resell fraud"  # noqa: S105 - the pass Culture, not a password
    FRAUD_RESELL_PRODUCT = "product resell fraud"
    FRAUD_SUSPICION = "fraud suspicion"
    FRAUD_USURPATION = "usurpating fraud"
    FRAUD_USURPATION_PRO = "usurpating PRO fraud"
    SUSPICIOUS_LOGIN_REPORTED_BY_USER = "suspicious login reported by user"
    SUSPENSION_FOR_INVESTIGATION_TEMP = "temporary suspension for investigation"
    UPON_USER_REQUEST = "upon user request"
    WAITING_FOR_ANONYMIZATION = "waiting for anonymization"


class AccountState(StrEnum):
    """What the apps are told of an account."""

    ACTIVE = "ACTIVE"
    ANONYMIZED = "ANONYMIZED"
    INACTIVE = "INACTIVE"
    SUSPENDED = "SUSPENDED"
    SUSPENDED_UPON_USER_REQUEST = "SUSPENDED_UPON_USER_REQUEST"
    SUSPICIOUS_LOGIN_REPORTED_BY_USER = "SUSPICIOUS_LOGIN_REPORTED_BY_USER"
    DELETED = "DELETED"
    WAITING_FOR_ANONYMIZATION = "WAITING_FOR_ANONYMIZATION"


@dataclass(frozen=True)
class SuspensionEntry:
    """The last line of the suspension history: a suspension (with its reason, None when unknown) or its lifting."""

    is_suspension: bool
    reason: SuspensionReason | None = None


_STATE_OF_REASON = {
    SuspensionReason.DELETED: AccountState.DELETED,
    SuspensionReason.UPON_USER_REQUEST: AccountState.SUSPENDED_UPON_USER_REQUEST,
    SuspensionReason.SUSPICIOUS_LOGIN_REPORTED_BY_USER: AccountState.SUSPICIOUS_LOGIN_REPORTED_BY_USER,
    SuspensionReason.WAITING_FOR_ANONYMIZATION: AccountState.WAITING_FOR_ANONYMIZATION,
}


def account_state(roles: Iterable[Role | str], is_active: bool, last: SuspensionEntry | None) -> AccountState:
    """The state shown to apps, in the order of the users rules: anonymised, active, then the last suspension."""
    if Role.ANONYMIZED in set(roles):
        return AccountState.ANONYMIZED
    if is_active:
        return AccountState.ACTIVE
    if last is None or not last.is_suspension:
        return AccountState.INACTIVE
    if last.reason is None:
        return AccountState.SUSPENDED
    return _STATE_OF_REASON.get(last.reason, AccountState.SUSPENDED)


def normalise_email(email: str) -> str:
    """The form in which an address is stored and looked up: trimmed, lower-case."""
    return email.strip().lower()


CALEDONIAN_PREFIX = "988"


def is_caledonian(postal_code: str | None) -> bool:
    """Whether amounts are told in XPF."""
    return postal_code is not None and postal_code.startswith(CALEDONIAN_PREFIX)


def is_postal_code(code: str) -> bool:
    """Five ASCII digits: anything else has no département (users rules: defects)."""
    return len(code) == 5 and code.isascii() and code.isdigit()
