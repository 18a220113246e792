"""Ages, birthdays and the right to a credit (users rules: ages, eligibility). Pure; every instant is aware UTC."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from enum import StrEnum
from zoneinfo import ZoneInfo


class EligibilityType(StrEnum):
    AGE17_18 = "age-17-18"
    FREE = "free"
    UNDERAGE = "underage"
    AGE18 = "age-18"


MINIMUM_AGE = 15
CREDIT_AGE = 17
END_AGE = 19
LAST_AGE = 20


@dataclass(frozen=True)
class Reform:
    """The instant of the decree of the third credit and whether 15-16 year-olds have the free one after it."""

    decree: datetime
    free: bool = True


@dataclass(frozen=True)
class Person:
    """What eligibility depends on: a birth date and the zone of the département where its bounds are local midnights."""

    birth_date: date
    zone: ZoneInfo


@dataclass(frozen=True)
class Registration:
    """A check of the subscription: the eligibility it was recorded under and the instant it is dated at."""

    eligibility: EligibilityType | None
    at: datetime


def birthday(birth_date: date, age: int) -> date:
    """The day on which that age is reached; 29 February is kept on 28 February in common years."""
    try:
        return birth_date.replace(year=birth_date.year + age)
    except ValueError:
        return date(birth_date.year + age, 2, 28)


def age_on(birth_date: date, day: date) -> int:
    """Whole years on a day, never negative."""
    age = day.year - birth_date.year
    if age > 0 and birthday(birth_date, age) > day:
        age -= 1
    return max(0, age)


def local_midnight(day: date, zone: ZoneInfo) -> datetime:
    """The instant at which a day starts in a zone, in UTC."""
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)


def age_at(person: Person, instant: datetime) -> int:
    """Whole years at an instant, in the person's own zone."""
    return age_on(person.birth_date, instant.astimezone(person.zone).date())


def window_start(person: Person, instant: datetime, reform: Reform) -> datetime:
    first = MINIMUM_AGE if instant < reform.decree or reform.free else CREDIT_AGE
    return local_midnight(birthday(person.birth_date, first), person.zone)


def window_end(person: Person) -> datetime:
    """The 19th birthday, exclusive."""
    return local_midnight(birthday(person.birth_date, END_AGE), person.zone)


def eligibility_at(person: Person, instant: datetime, reform: Reform) -> EligibilityType | None:
    """The eligibility that the age alone gives at an instant."""
    if not window_start(person, instant, reform) <= instant < window_end(person):
        return None
    age = age_at(person, instant)
    if instant < reform.decree:
        return EligibilityType.AGE18 if age >= 18 else EligibilityType.UNDERAGE
    if age >= CREDIT_AGE:
        return EligibilityType.AGE17_18
    return EligibilityType.FREE if reform.free else None


def _earliest(
    person: Person, registrations: Iterable[Registration], wanted: EligibilityType, reform: Reform
) -> Registration | None:
    """The first check recorded under an eligibility that its own date really gives."""
    right = [r for r in registrations if r.eligibility is wanted and eligibility_at(person, r.at, reform) is wanted]
    return min(right, key=lambda r: r.at, default=None)


def pre_decree_eligibility(
    person: Person, registrations: Sequence[Registration], instant: datetime, reform: Reform
) -> EligibilityType | None:
    """The eligibility kept from a registration begun before the decree, if any."""
    age = age_at(person, instant)
    if age in (18, 19):
        wanted = EligibilityType.AGE18
    elif MINIMUM_AGE <= age < 18:
        wanted = EligibilityType.UNDERAGE
    else:
        return None
    return wanted if _earliest(person, registrations, wanted, reform) else None


def eligibility_of(
    person: Person | None,
    registrations: Sequence[Registration],
    *,
    now: datetime,
    reform: Reform,
    at: datetime | None = None,
) -> EligibilityType | None:
    """The eligibility of a person, their history counted (users rules: eligibility, steps 1 to 6)."""
    if person is None or not MINIMUM_AGE <= age_at(person, now) <= LAST_AGE:
        return None
    instant = at or now
    by_age = eligibility_at(person, instant, reform)
    if by_age is not None and by_age is not EligibilityType.FREE:
        return by_age
    kept = pre_decree_eligibility(person, registrations, instant, reform)
    if kept is not None:
        return kept
    if by_age is EligibilityType.FREE:
        return by_age
    if _earliest(person, registrations, EligibilityType.AGE17_18, reform):
        return EligibilityType.AGE17_18
    return eligibility_at(person, now, reform)


def eligibility_to_activate(
    person: Person | None, registrations: Sequence[Registration], *, now: datetime, reform: Reform
) -> EligibilityType | None:
    """What an activation grants: the right begun before the decree first."""
    if person is None:
        return None
    kept = pre_decree_eligibility(person, registrations, now, reform)
    return kept or eligibility_of(person, registrations, now=now, reform=reform)


def is_underage(eligibility: EligibilityType | None, age: int) -> bool:
    return eligibility is EligibilityType.UNDERAGE or (eligibility is EligibilityType.AGE17_18 and age < 18)


def is_18_or_above(eligibility: EligibilityType | None, age: int) -> bool:
    return eligibility is EligibilityType.AGE18 or (eligibility is EligibilityType.AGE17_18 and age >= 18)


def first_registration(
    person: Person, registrations: Iterable[Registration], eligibility: EligibilityType, reform: Reform
) -> datetime | None:
    """When the person first registered with a right to that eligibility."""
    first = _earliest(person, registrations, eligibility, reform)
    return first.at if first else None


def eligibility_bounds(
    person: Person, registrations: Iterable[Registration], *, now: datetime, reform: Reform
) -> tuple[datetime, datetime]:
    """Start and end of the right, as the profile shows them: the start follows the first registration that had a right."""
    dates = [r.at for r in registrations if r.eligibility and eligibility_at(person, r.at, reform) is r.eligibility]
    return window_start(person, min(dates, default=now), reform), window_end(person)
