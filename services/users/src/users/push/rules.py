"""What is pushed at which fact, and what of a person is told to campaigns. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from shared.money import french_price, to_euros
from users.accounts.rules import Role, has_any_pro_role, is_beneficiary
from users.deposits.rules import RecreditType

AGE_RECREDITS = frozenset(
    {
        RecreditType.RECREDIT_15.value,
        RecreditType.RECREDIT_16.value,
        RecreditType.RECREDIT_17.value,
        RecreditType.RECREDIT_18.value,
    }
)
ACTIVATED, RECREDITED, BONUS, CANCELLED = (
    "user_deposit_activated",
    "recredited_account",
    "has_received_bonus",
    "recredit_account_cancellation",
)
CHECK_STARTED, CHECK_FAILED = "user_identity_check_started", "has_ubble_ko_status"


@dataclass(frozen=True)
class Happened:
    """An event of a campaign."""

    name: str
    attributes: dict[str, Any]


def _euros(cents: int) -> int:
    return round(to_euros(cents))


def activated(deposit_type: str, amount_cents: int) -> Happened:
    return Happened(ACTIVATED, {"deposit_type": deposit_type, "deposit_amount": _euros(amount_cents)})


def recredited(
    kind: str, deposit_type: str, amount_cents: int, expiration: datetime | None, *, count: int, xpf: bool
) -> Happened | None:
    """At a birthday's recredit or at the bonus; nothing at what support or finance add."""
    if kind == RecreditType.BONUS_CREDIT.value:
        return Happened(BONUS, {})
    if kind not in AGE_RECREDITS:
        return None
    said: dict[str, Any] = {
        "deposit_amount": _euros(amount_cents),
        "formatted_deposit_amount": french_price(amount_cents, xpf=xpf),
        "deposit_type": deposit_type,
        "deposits_count": count,
    }
    if expiration is not None:
        said["date(deposit_expiration_date)"] = _instant(expiration)
    return Happened(RECREDITED, said)


def cancelled(total_cents: int) -> Happened | None:
    """The credit comes back; nothing does for what was free."""
    return Happened(CANCELLED, {"credit": _euros(total_cents)}) if total_cents > 0 else None


def check_started(kind: str) -> Happened:
    """`kind` is the check's: ubble, educonnect or dms."""
    return Happened(CHECK_STARTED, {"type": kind})


def check_failed(code: str) -> Happened:
    """An identification that may be tried again, and why it failed."""
    return Happened(CHECK_FAILED, {"error_code": code})


@dataclass(frozen=True)
class Contact:
    """A young person as campaigns may know them. Money in cents."""

    birth_date: date | None
    city: str | None
    postal_code: str | None
    department_code: str | None
    roles: tuple[str, ...]
    date_created: datetime
    last_connection: datetime | None
    marketing_push: bool
    marketing_email: bool
    themes: tuple[str, ...]
    credit_cents: int
    deposits_count: int
    deposit_activation: datetime | None
    deposit_expiration: datetime | None


def is_contact(roles: Iterable[str], *, is_active: bool) -> bool:
    """Only people of the app who are active: partners and agents are no campaign's of theirs."""
    held = set(roles)
    return is_active and Role.ADMIN not in held and (is_beneficiary(held) or not has_any_pro_role(held))


def described(contact: Contact) -> dict[str, Any]:
    """Attributes in Batch's own way of writing their types; what is not known is null, which takes it away."""
    is_current = is_beneficiary(contact.roles) and contact.credit_cents > 0
    return {
        "date(u.date_of_birth)": contact.birth_date.isoformat() + "T00:00:00" if contact.birth_date else None,
        "date(u.date_created)": _instant(contact.date_created),
        "date(u.deposit_activation_date)": _instant(contact.deposit_activation),
        "date(u.deposit_expiration_date)": _instant(contact.deposit_expiration),
        "date(u.last_connection_date)": _instant(contact.last_connection),
        "u.city": contact.city,
        "u.credit": contact.credit_cents,
        "u.departement_code": contact.department_code,
        "u.deposits_count": contact.deposits_count,
        "u.is_beneficiary": is_beneficiary(contact.roles),
        "u.is_current_beneficiary": is_current,
        "u.is_former_beneficiary": Role.BENEFICIARY in contact.roles and not is_current,
        "u.marketing_email_subscription": contact.marketing_email,
        "u.marketing_push_subscription": contact.marketing_push,
        "u.postal_code": contact.postal_code,
        "ut.permanent_theme_preference": list(contact.themes) or None,
        "ut.roles": list(contact.roles) or None,
    }


def _instant(moment: datetime | None) -> str | None:
    return moment.strftime("%Y-%m-%dT%H:%M:%S") if moment else None
