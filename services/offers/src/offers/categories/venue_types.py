"""Activities and types of venues."""

from __future__ import annotations

from dataclasses import dataclass

from offers.categories.files import rows

NOT_ASSIGNED = "NOT_ASSIGNED"


@dataclass(frozen=True, slots=True)
class Activity:
    """What a venue does. `is_deprecated` ones are never chosen any more."""

    id: str
    for_open_to_public: bool
    for_closed_to_public: bool
    is_deprecated: bool
    venue_type: str | None


def _activity(row: dict[str, str]) -> Activity:
    use = row["use"]
    return Activity(
        row["id"],
        for_open_to_public=use in ("open", "both"),
        for_closed_to_public=use in ("closed", "both"),
        is_deprecated=use in ("deprecated", "archived"),
        venue_type=row["venue_type"] or None,
    )


ACTIVITIES: dict[str, Activity] = {row["id"]: _activity(row) for row in rows("venue_activities.csv")}
VENUE_TYPES: dict[str, str] = {row["id"]: row["label"] for row in rows("venue_types.csv")}
DEFAULT_VENUE_TYPE = "OTHER"


def is_allowed_activity(activity: str, *, is_open_to_public: bool) -> bool:
    """Whether a venue may declare this activity, given whether it is open to the public."""
    found = ACTIVITIES.get(activity)
    if found is None:
        return False
    return found.for_open_to_public if is_open_to_public else found.for_closed_to_public


def venue_type_of(activity: str | None) -> str:
    """The type of venue that follows from an activity."""
    found = ACTIVITIES.get(activity) if activity else None
    return (found.venue_type if found else None) or DEFAULT_VENUE_TYPE
