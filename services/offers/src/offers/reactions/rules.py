"""Who may react to what, and whom to ask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from offers.categories.tables import REACTABLE_SUBCATEGORIES
from offers.reactions.values import ReactionType
from shared.errors import code_error

CANCELLED = "CANCELLED"
ASKED_AFTER_FILM = timedelta(hours=24)
ASKED_AFTER_OTHERS = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class BookingFacts:
    """What the rules ask of a person's booking."""

    offer_id: int
    product_id: int | None
    subcategory_id: str
    status: str
    date_used: datetime | None


def check_may_react(bookings: Sequence[BookingFacts]) -> BookingFacts:
    """The booking by which a person may react to an offer, out of theirs on that offer.

    400 OFFER_NOT_BOOKED without one that was not cancelled; 400 CAN_NOT_REACT when none of these was used, or when the
    offer is of a kind that nobody is asked about.
    """
    kept = [booking for booking in bookings if booking.status != CANCELLED]
    if not kept:
        raise code_error("OFFER_NOT_BOOKED")
    for booking in kept:
        if booking.date_used is not None and booking.subcategory_id in REACTABLE_SUBCATEGORIES:
            return booking
    raise code_error("CAN_NOT_REACT")


def asked_after(subcategory_id: str) -> timedelta:
    """How long after use a person is asked what they thought of it: time to have read, or heard, the thing."""
    return ASKED_AFTER_FILM if subcategory_id == "SEANCE_CINE" else ASKED_AFTER_OTHERS


def likes_change(before: ReactionType | None, after: ReactionType) -> int:
    """How a product's count of likes moves when a reaction replaces another."""
    return (after is ReactionType.LIKE) - (before is ReactionType.LIKE)
