"""The words of venues."""

from __future__ import annotations

from enum import StrEnum


class LocationType(StrEnum):
    """What an address is to its offerer."""

    VENUE_LOCATION = "VENUE_LOCATION"
    OFFER_LOCATION = "OFFER_LOCATION"


class Weekday(StrEnum):
    MONDAY = "MONDAY"
    TUESDAY = "TUESDAY"
    WEDNESDAY = "WEDNESDAY"
    THURSDAY = "THURSDAY"
    FRIDAY = "FRIDAY"
    SATURDAY = "SATURDAY"
    SUNDAY = "SUNDAY"
