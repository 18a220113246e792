"""Who may open an account of the app. Pure."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from shared.geography import METROPOLITAN_TIMEZONE
from users.eligibility.rules import Person, age_at

MINIMUM_AGE = 15
# Nobody is older: such a date is a mistake or an attack.
MAXIMUM_AGE = 120


def is_acceptable_birth_date(birth_date: date, now: datetime) -> bool:
    """15 years old at least (users rules: minimum account age), in metropolitan France since no address is known yet."""
    person = Person(birth_date, ZoneInfo(METROPOLITAN_TIMEZONE))
    return MINIMUM_AGE <= age_at(person, now) <= MAXIMUM_AGE
