"""Offerer rules: identifiers, who has access."""

from __future__ import annotations

import re

from stdnum.fr import siren as siren_number
from stdnum.fr import siret as siret_number

from offers.offerers.values import ValidationStatus

_RID7 = re.compile(r"NC\d{7}", re.ASCII)
_RIDET = re.compile(r"NC\d{10}XX", re.ASCII)
_LA_POSTE = "356000000"


def is_caledonian_siren(siren: str) -> bool:
    """Whether it is `NC` and a RID7, the identifier of New Caledonia."""
    return _RID7.fullmatch(siren) is not None


def is_caledonian_siret(siret: str | None) -> bool:
    return siret is not None and _RIDET.fullmatch(siret) is not None


def is_siren(text: str) -> bool:
    """Nine digits with their check digit, or a RID7."""
    return is_caledonian_siren(text) or siren_number.is_valid(text)


def is_siret(text: str) -> bool:
    """Fourteen digits with their check digit (those of La Poste sum to a multiple of five), or a RIDET."""
    if is_caledonian_siret(text):
        return True
    if text.startswith(_LA_POSTE) and re.fullmatch(r"\d{14}", text, re.ASCII):
        return sum(map(int, text)) % 5 == 0 or siret_number.is_valid(text)
    return siret_number.is_valid(text)


def is_validated(status: ValidationStatus) -> bool:
    """As the portal reads it: a closed offerer had been validated."""
    return status in (ValidationStatus.VALIDATED, ValidationStatus.CLOSED)


def is_open(status: ValidationStatus, is_active: bool) -> bool:
    """Whether the offerer's offers may be released: active and validated."""
    return is_active and status is ValidationStatus.VALIDATED


def may_act_for(status: ValidationStatus | None, *, is_admin: bool) -> bool:
    """Access to an offerer: an administrator, or somebody whose attachment was validated."""
    return is_admin or status is ValidationStatus.VALIDATED
