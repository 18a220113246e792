"""Venue and address rules: départements, opening hours, what is a venue's own location."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal

from offers.offerers.rules import is_caledonian_siret
from offers.venues.values import Weekday
from shared.errors import field_error
from shared.geography import NEW_CALEDONIA, department_code, timezone_name

MAX_CITY = 50
_COORDINATE = Decimal("0.00001")
_TIME = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d", re.ASCII)
_INSEE = re.compile(r"(?:\d{2}|2[AB])\d{3}", re.ASCII)

Timespans = Sequence[Sequence[str]]


def department_of(insee_code: str | None, postal_code: str) -> str:
    """The département of an address: by its INSEE code where there is one, else by its postal code."""
    if insee_code and _INSEE.fullmatch(insee_code):
        return insee_code[:3] if insee_code[:2] in ("97", "98") else insee_code[:2]
    return department_code(postal_code)


def timezone_of(department: str) -> str:
    return timezone_name(department)


def coordinate(value: Decimal | float | str, *, limit: int, key: str) -> Decimal:
    """A latitude (`limit` 90) or longitude (180) strictly inside its bounds, to five decimals; 400 under `key`."""
    try:
        number = Decimal(str(value))
    except ArithmeticError:
        raise field_error(key, "Cette coordonnée n’est pas valide.") from None
    if not number.is_finite() or not -limit < number < limit:
        raise field_error(key, "Cette coordonnée n’est pas valide.")
    return number.quantize(_COORDINATE, ROUND_HALF_UP)


def is_caledonian(siret: str | None, department: str | None) -> bool:
    """Whether prices are in Pacific francs: a RIDET, or an address in New Caledonia."""
    return is_caledonian_siret(siret) or department == NEW_CALEDONIA


def minutes(text: str) -> int:
    """`09:30` as minutes since midnight."""
    hours, _, rest = text.partition(":")
    return int(hours) * 60 + int(rest)


def clock_text(since_midnight: int) -> str:
    return f"{since_midnight // 60:02d}:{since_midnight % 60:02d}"


def timespans_in_minutes(day: str, timespans: Timespans | None) -> list[list[int]] | None:
    """A day's spans in minutes: at most two, each beginning before its end, none over another; None when closed."""
    key = f"openingHours.{day}"
    if not timespans:
        return None
    if len(timespans) > 2:
        raise field_error(key, "Au plus deux plages horaires par jour.")
    spans = []
    for span in timespans:
        if len(span) != 2 or not all(_TIME.fullmatch(moment) for moment in span):
            raise field_error(key, "Une plage horaire a une heure de début et une heure de fin.")
        start, end = (minutes(moment) for moment in span)
        if start >= end:
            raise field_error(key, "L’heure de fin doit suivre l’heure de début.")
        spans.append([start, end])
    spans.sort()
    if len(spans) == 2 and spans[1][0] < spans[0][1]:
        raise field_error(key, "Les plages horaires ne doivent pas se chevaucher.")
    return spans


def opening_hours_by_day(stored: Mapping[Weekday, list[list[int]] | None]) -> dict[str, list[list[str]] | None]:
    """Stored minutes as the wire has them: every weekday, null where closed."""
    return {
        day.value: [[clock_text(start), clock_text(end)] for start, end in stored[day] or []] or None
        if day in stored
        else None
        for day in Weekday
    }


def is_venue_location(
    *, same_address: bool, label: str | None, venue_label: str | None, venue_common_name: str
) -> bool:
    """Whether an offer's location is its venue's own: the same address under the venue's name or label."""
    return same_address and label in (venue_label, venue_common_name)


def full_address(label: str | None, street: str | None, postal_code: str, city: str) -> str:
    """`label - street postal code city`, without what is missing."""
    place = " ".join(part for part in (street, postal_code, city) if part)
    return f"{label} - {place}" if label else place
