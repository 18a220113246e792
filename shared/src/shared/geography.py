"""Départements and their time zones: reference data that every edge needs."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

METROPOLITAN_TIMEZONE = "Europe/Paris"

TIMEZONE_OF_DEPARTMENT = {
    "971": "America/Guadeloupe",
    "972": "America/Martinique",
    "973": "America/Cayenne",
    "974": "Indian/Reunion",
    "975": "America/Miquelon",
    "976": "Indian/Mayotte",
    "977": "America/St_Barthelemy",
    "978": "America/Guadeloupe",
    "986": "Pacific/Wallis",
    "987": "Pacific/Tahiti",
    "988": "Pacific/Noumea",
    "989": "Pacific/Pitcairn",
}

NEW_CALEDONIA = "988"

# Saint-Barthélemy and Saint-Martin kept the postal codes that they had as communes of Guadeloupe.
_DEPARTMENT_OF_POSTAL_CODE = {"97133": "977", "97150": "978"}


def department_code(postal_code: str) -> str:
    """The département of a French postal code: two characters, three overseas, 2A or 2B in Corsica."""
    code = postal_code.strip()
    if code in _DEPARTMENT_OF_POSTAL_CODE:
        return _DEPARTMENT_OF_POSTAL_CODE[code]
    if code.startswith("202"):
        return "2B"
    if code.startswith("20"):
        return "2A"
    if code.startswith("980"):
        return "98"
    return code[:3] if code[:2] in ("96", "97", "98", "99") else code[:2]


def timezone_name(department: str | None) -> str:
    """The IANA zone of a département; metropolitan France when unknown."""
    return TIMEZONE_OF_DEPARTMENT.get(department or "", METROPOLITAN_TIMEZONE)


def local_time(moment: datetime, department: str | None) -> datetime:
    """An aware moment as clocks show it in a département."""
    return moment.astimezone(ZoneInfo(timezone_name(department)))
