"""Who gets the bonus (users rules: bonus credit). Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from users.deposits.rules import BONUS_THRESHOLD
from users.eligibility.rules import birthday
from users.identity.rules import folded

FRANCE = "99100"
FIRST_AGE, MONTHS = 16, 12
_CITY = re.compile(r"(?:[0-9]{2}|2[AB])[0-9]{3}")


def is_city_code(code: str) -> bool:
    """A commune's code in INSEE's official geographic code."""
    return code.isascii() and _CITY.fullmatch(code) is not None


@dataclass(frozen=True)
class Person:
    """A civil status as administrations ask for it. `gender`: `M.` or `Mme`."""

    last_name: str
    first_names: tuple[str, ...]
    birth_date: date
    gender: str
    birth_country: str
    birth_city: str | None = None
    common_name: str | None = None


@dataclass(frozen=True)
class Child:
    """A child of a household as the administration lists it; `gender` as above."""

    last_name: str | None
    common_name: str | None
    first_names: str | None
    birth_date: date | None
    gender: str | None


@dataclass(frozen=True)
class Quotient:
    """A household's quotient of a month."""

    value: int
    year: int
    month: int
    provider: str
    computation_year: int | None = None
    computation_month: int | None = None
    children: tuple[Child, ...] = ()


@dataclass(frozen=True)
class Young:
    """The one who asks. `gender` None: not known, so not compared."""

    first_name: str
    last_name: str
    birth_date: date
    gender: str | None


def months_of(birth_date: date) -> list[tuple[int, int]]:
    """The twelve months that are looked at, from the one of the 16th birthday: (year, month)."""
    first = birthday(birth_date, FIRST_AGE)
    start = first.year * 12 + first.month - 1
    return [((start + n) // 12, (start + n) % 12 + 1) for n in range(MONTHS)]


def _is(child: Child, young: Young) -> bool:
    first, last = folded(young.first_name), folded(young.last_name)
    if not first or not last or child.birth_date != young.birth_date:
        return False
    if young.gender is not None and child.gender is not None and child.gender != young.gender:
        return False
    return first in folded(child.first_names) and any(last in folded(n) for n in (child.last_name, child.common_name))


@dataclass(frozen=True)
class Decision:
    """`code` None: the bonus is given. `quotient` is the one that decided, if there was any."""

    code: str | None
    quotient: Quotient | None = None


def decide(young: Young, answers: Sequence[Quotient]) -> Decision:
    """From the months of which something is known: the lowest of those that list the person, else of all."""
    if not answers:
        return Decision("quotient_familial_not_found")
    listing = [answer for answer in answers if any(_is(child, young) for child in answer.children)]
    lowest = min(listing or answers, key=lambda answer: answer.value)
    if not listing:
        return Decision("not_in_tax_household", lowest)
    if lowest.value > BONUS_THRESHOLD:
        return Decision("quotient_familial_too_high", lowest)
    return Decision(None, lowest)


class Found:
    """What a registry of allowances knows of somebody."""

    RECIPIENT = "recipient"
    NOT_RECIPIENT = "not_recipient"
    NO_APPLICATION = "application_not_found"
    NOBODY = "person_not_found"


_MOST_TELLING = (Found.NOT_RECIPIENT, Found.NO_APPLICATION, Found.NOBODY)


def decide_disability(found: Sequence[str]) -> str | None:
    """None when one registry knows a recipient; else the code of the most that is known."""
    if Found.RECIPIENT in found:
        return None
    return next((code for code in _MOST_TELLING if code in found), Found.NOBODY)
