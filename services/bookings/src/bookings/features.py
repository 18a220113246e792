"""The feature flags of bookings."""

from __future__ import annotations

from shared.events.bookings import FEATURE
from shared.features import FeatureFlag, Flags, on


class Flag(FeatureFlag):
    ENABLE_ALL_CRON = on("Run scheduled commands", "Lancer les commandes planifiées")
    UPDATE_BOOKING_USED = on(
        "Count bookings of past events as used", "Marquer comme utilisées les réservations d’événements passés"
    )


flags = Flags(Flag, FEATURE)
