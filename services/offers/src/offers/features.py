"""The feature flags of offers."""

from __future__ import annotations

from shared.events.offers import FEATURE
from shared.features import FeatureFlag, Flags, on


class Flag(FeatureFlag):
    ENABLE_ALL_CRON = on("Run scheduled commands", "Lancer les commandes planifiées")
    ENABLE_RECURRENT_CRON = on("Keep the search in order every hour", "Entretenir la recherche toutes les heures")
    WIP_OFFER_ARTISTS = on("Link offers to artists", "Associer des artistes aux offres", portal=True)


flags = Flags(Flag, FEATURE)
