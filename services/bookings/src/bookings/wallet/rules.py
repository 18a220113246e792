"""What a deposit allows to spend (users rules: deposits; bookings rules: deposit, credit, domains). Pure; cents and UTC."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum


class DepositType(StrEnum):
    GRANT_FREE = "GRANT_FREE"
    GRANT_15_17 = "GRANT_15_17"
    GRANT_17_18 = "GRANT_17_18"
    GRANT_18 = "GRANT_18"


class Domain(StrEnum):
    """The two kinds of spending that may be capped."""

    DIGITAL = "DIGITAL"
    PHYSICAL = "PHYSICAL"


PREVIOUS_DEPOSIT = "PreviousDeposit"

# Recredits that decide how a booking is accounted, the later age first.
_ACCOUNTED_RECREDITS = (("Recredit18", "RECREDIT_18"), ("Recredit17", "RECREDIT_17"))

WALLIS_ET_FUTUNA, MAYOTTE, SAINT_PIERRE_ET_MIQUELON = "986", "976", "975"
_DIGITAL_CAP_OF_DEPARTMENT: dict[str, int | None] = {
    WALLIS_ET_FUTUNA: None,
    MAYOTTE: 150_00,
    SAINT_PIERRE_ET_MIQUELON: 200_00,
}

# What finance does not reimburse stays on the deposit that paid it when another deposit takes over.
NOT_REIMBURSED_SUBCATEGORIES = frozenset(
    {
        "ABO_JEU_VIDEO",
        "ABO_PLATEFORME_MUSIQUE",
        "ABO_PLATEFORME_VIDEO",
        "ABO_PRESSE_EN_LIGNE",
        "ACTIVATION_EVENT",
        "ACTIVATION_THING",
        "APP_CULTURELLE",
        "AUTRE_SUPPORT_NUMERIQUE",
        "CAPTATION_MUSIQUE",
        "JEU_EN_LIGNE",
        "JEU_SUPPORT_PHYSIQUE",
        "OEUVRE_ART",
        "PLATEFORME_PRATIQUE_ARTISTIQUE",
        "PODCAST",
        "RENCONTRE_EN_LIGNE",
        "SPECTACLE_ENREGISTRE",
        "TELECHARGEMENT_LIVRE_AUDIO",
        "TELECHARGEMENT_MUSIQUE",
        "VISITE_VIRTUELLE",
        "VOD",
    }
)


@dataclass(frozen=True, slots=True)
class Purse:
    """A wallet as the decisions see it. `generation` tells the versions of a deposit type apart."""

    id: int
    type: str
    generation: int
    granted_cents: int
    spent_cents: int
    digital_spent_cents: int
    physical_spent_cents: int
    expiration_date: datetime | None
    recredit_types: Collection[str] = ()
    replaces_id: int | None = None
    carried_cents: int = 0

    def is_active(self, now: datetime) -> bool:
        return self.expiration_date is None or self.expiration_date > now


# Statements read a purse by the order of its fields.
PURSE_COLUMNS = tuple(field.name for field in fields(Purse))


@dataclass(frozen=True, slots=True)
class Caps:
    """The most that may be spent in a domain, cents; None where there is no cap."""

    digital: int | None
    physical: int | None


@dataclass(frozen=True, slots=True)
class Credit:
    initial: int
    remaining: int


@dataclass(frozen=True, slots=True)
class DomainsCredit:
    """What a person sees of their deposit; `digital` and `physical` only where a cap exists."""

    all: Credit
    digital: Credit | None
    physical: Credit | None


def caps_of(deposit_type: str, generation: int, department_code: str | None) -> Caps:
    """The caps of a deposit; the holder's département replaces the digital one of every type but GRANT_15_17."""
    if deposit_type == DepositType.GRANT_15_17:
        return Caps(None, None)
    digital: int | None = None
    physical: int | None = None
    if deposit_type == DepositType.GRANT_18:
        digital, physical = (200_00, 200_00) if generation == 1 else (100_00, None)
    elif deposit_type == DepositType.GRANT_17_18:
        digital = 100_00
    if department_code in _DIGITAL_CAP_OF_DEPARTMENT:
        digital = _DIGITAL_CAP_OF_DEPARTMENT[department_code]
    return Caps(digital, physical)


def _capped(cap: int | None, spent: int, remaining: int) -> Credit | None:
    return None if cap is None else Credit(cap, min(max(0, cap - spent), remaining))


def domains_credit(purse: Purse, department_code: str | None, now: datetime) -> DomainsCredit:
    """What is left of a deposit: nothing once it has expired, although what it was stays shown."""
    remaining = max(0, purse.granted_cents - purse.spent_cents) if purse.is_active(now) else 0
    caps = caps_of(purse.type, purse.generation, department_code)
    return DomainsCredit(
        all=Credit(purse.granted_cents, remaining),
        digital=_capped(caps.digital, purse.digital_spent_cents, remaining),
        physical=_capped(caps.physical, purse.physical_spent_cents, remaining),
    )


def domain_of(*, has_url: bool, is_digital_deposit: bool, is_physical_deposit: bool) -> Domain | None:
    """The domain in which buying an offer counts."""
    if has_url:
        return Domain.DIGITAL if is_digital_deposit else None
    return Domain.PHYSICAL if is_physical_deposit else None


def used_recredit_type(purse: Purse | None) -> str | None:
    """The recredit under which a booking paid by this deposit is accounted."""
    if purse is None or purse.type != DepositType.GRANT_17_18:
        return None
    return next((accounted for held, accounted in _ACCOUNTED_RECREDITS if held in purse.recredit_types), None)
