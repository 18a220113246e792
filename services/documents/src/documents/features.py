"""The feature flags of documents."""

from __future__ import annotations

from shared.events.documents import FEATURE
from shared.features import FeatureFlag, Flags, on


class Flag(FeatureFlag):
    ENABLE_ALL_CRON = on("Run scheduled commands", "Lancer les commandes planifiées")


flags = Flags(Flag, FEATURE)
