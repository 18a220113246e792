"""Whether an identity that a provider vouches for is good, and why not (users rules: fraud checks). Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from users.eligibility.rules import EligibilityType
from users.subscription.checks import CheckStatus, CheckType

NAME_SIGNS = frozenset(" -.,'’")
CITY_SIGNS = frozenset(" -'’()")
ADDRESS_SIGNS = frozenset(" -.,'’")
NAME_MAX = 128
EDUCONNECT_AGES = range(15, 18)


def _is_latin(character: str) -> bool:
    return character.isalpha() and unicodedata.name(character, "").startswith("LATIN")


def _consists_of(text: str, signs: frozenset[str], *, digits: bool = False) -> bool:
    composed = unicodedata.normalize("NFC", text.strip())
    return bool(composed) and all(
        _is_latin(character) or character in signs or (digits and character.isdecimal() and character.isascii())
        for character in composed
    )


def is_name(text: str | None) -> bool:
    """Latin letters, spaces and the signs of names; one letter at least, and no more than an account keeps."""
    return (
        text is not None
        and len(text.strip()) <= NAME_MAX
        and _consists_of(text, NAME_SIGNS)
        and any(map(_is_latin, text))
    )


def is_city(text: str) -> bool:
    return _consists_of(text, CITY_SIGNS) and any(map(_is_latin, text))


def is_address(text: str) -> bool:
    return _consists_of(text, ADDRESS_SIGNS, digits=True)


_NOT_ALPHANUMERIC = re.compile(r"[^0-9A-Za-z]")
_ID_NUMBER = re.compile(r"[A-Z0-9]{12}|[A-Z0-9]{9}|[0-9]{2}[A-Z]{2}[0-9]{5}")


def normalise_id_number(number: str | None) -> str | None:
    """The form in which the number of a document is stored and compared; None for nothing."""
    return _NOT_ALPHANUMERIC.sub("", number or "").upper() or None


def is_id_number(number: str) -> bool:
    """Whether a normalised number is one of a French document."""
    return _ID_NUMBER.fullmatch(number) is not None


def folded(name: str | None) -> str:
    """A name as identities are compared: no case, accents, spaces nor hyphens."""
    decomposed = unicodedata.normalize("NFKD", name or "")
    return "".join(c for c in decomposed.casefold() if not unicodedata.combining(c) and not c.isspace() and c != "-")


@dataclass(frozen=True)
class Names:
    """The names by which two people are found to be one."""

    first: str | None
    last: str | None
    married: str | None = None


def are_same(ours: Names, theirs: Names) -> bool:
    """Same first name, and last names that are equal or cross a married name (the birth date is compared elsewhere)."""
    first = folded(ours.first)
    last, married = folded(ours.last), folded(ours.married)
    if not first or not last or first != folded(theirs.first):
        return False
    their_last, their_married = folded(theirs.last), folded(theirs.married)
    return last in (their_last, their_married) or bool(married and married == their_last)


@dataclass(frozen=True)
class Finding:
    """One item of the check; `code` says what is wrong, unless the status is OK."""

    status: CheckStatus
    code: str | None = None
    detail: str = ""


OK = Finding(CheckStatus.OK)


def _ko(code: str, detail: str) -> Finding:
    return Finding(CheckStatus.KO, code, detail)


def _suspicious(code: str, detail: str) -> Finding:
    return Finding(CheckStatus.SUSPICIOUS, code, detail)


@dataclass(frozen=True)
class Facts:
    """What is decided from. `provider_finding` is the provider's own verdict, for those that give one besides.

    `id_number` is normalised; `needs_id_number`: this provider must give one; `any_id_number`: of any country.
    """

    provider: CheckType
    first_name: str | None
    last_name: str | None
    birth_date: date | None
    age: int | None
    eligibility: EligibilityType | None
    is_email_validated: bool
    has_duplicate: bool
    provider_findings: tuple[Finding, ...] = ()
    id_number: str | None = None
    needs_id_number: bool = False
    any_id_number: bool = False
    id_number_is_taken: bool = False
    ine_is_taken: bool = False


def findings(facts: Facts) -> list[Finding]:
    """Every item of the check."""
    found: list[Finding] = [*facts.provider_findings]
    if facts.provider is CheckType.EDUCONNECT:
        if facts.age not in EDUCONNECT_AGES:
            found.append(_ko("age_is_not_valid", f"l'âge ({facts.age}) n'est pas entre 15 et 17 ans"))
        if facts.ine_is_taken:
            found.append(_suspicious("duplicate_ine", "cet INE est celui d'un autre compte"))
    if facts.needs_id_number or facts.id_number is not None:
        found.append(_id_number(facts))
        if facts.id_number_is_taken:
            found.append(_suspicious("duplicate_id_piece_number", "ce numéro de pièce est celui d'un autre compte"))
    if not (facts.first_name and facts.last_name and facts.birth_date):
        found.append(_suspicious("missing_required_data", "prénom, nom ou date de naissance manquent"))
    else:
        if facts.has_duplicate:
            found.append(_suspicious("duplicate_user", "cette personne a déjà un crédit sur un autre compte"))
        if not (is_name(facts.first_name) and is_name(facts.last_name)):
            found.append(_ko("name_incorrect", "le prénom ou le nom a des caractères inattendus"))
        if facts.eligibility is None:
            found.append(_ko("not_eligible", "la personne n'a pas droit à un crédit"))
    if not facts.is_email_validated:
        found.append(_ko("email_not_validated", "l'adresse e-mail n'est pas validée"))
    return found


def _id_number(facts: Facts) -> Finding:
    if facts.id_number is None:
        return _suspicious("empty_id_piece_number", "le numéro de pièce est vide")
    if not facts.any_id_number and not is_id_number(facts.id_number):
        return _suspicious("invalid_id_piece_number", "le numéro de pièce n'a pas un format connu")
    return OK


@dataclass(frozen=True)
class Verdict:
    """All items together. `reason` joins the sentences as they are stored."""

    status: CheckStatus
    codes: tuple[str, ...] = ()
    reason: str | None = None


def verdict_of(found: Iterable[Finding]) -> Verdict:
    """All OK is OK, one KO is KO, anything else is suspicious."""
    bad = [item for item in found if item.status is not CheckStatus.OK]
    if not bad:
        return Verdict(CheckStatus.OK)
    status = CheckStatus.KO if any(item.status is CheckStatus.KO for item in bad) else CheckStatus.SUSPICIOUS
    codes = tuple(dict.fromkeys(item.code for item in bad if item.code))
    return Verdict(status, codes, " ; ".join(item.detail for item in bad if item.detail) or None)


_PRIORITIES = {
    "id_check_unprocessable": 100,
    "id_check_not_authentic": 90,
    "id_check_not_supported": 80,
    "id_check_expired": 70,
    "duplicate_user": 60,
    "duplicate_id_piece_number": 60,
    "age_too_young": 50,
    "age_too_old": 50,
    "not_eligible": 50,
    "id_check_data_match": 40,
    "blurry_video": 30,
    "document_damaged": 30,
    "lack_of_luminosity": 30,
    "missing_required_data": 30,
    "network_connection_issue": 30,
    "not_document_owner": 30,
    "ubble_internal_error": 30,
    "id_check_blocked_other": 10,
}


def most_relevant(codes: Sequence[str]) -> str | None:
    """The code that people are told about; the first of equals."""
    return max(codes, key=lambda code: _PRIORITIES.get(code, 0), default=None)


DUPLICATE_CODES = frozenset({"duplicate_user", "duplicate_id_piece_number"})


def masked_email(email: str) -> str:
    """An address that its holder recognises and others cannot use."""
    name, _, domain = email.partition("@")
    return f"{name[: 3 if len(name) > 3 else 1]}***@{domain}"
