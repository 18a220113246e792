"""Reference data that the app's settings publish."""

from __future__ import annotations

# New Caledonia's Northern province and Loyalty Islands, which have no agreement (users rules: postal codes).
INELIGIBLE_POSTAL_CODES = (
    "98811", "98813", "98815", "98816", "98817", "98818", "98821", "98822", "98823", "98824", "98825",
    "98826", "98831", "98833", "98850", "98860",
    "98814", "98820", "98828", "98878", "98884", "98885",
)  # fmt: skip
ACCOUNT_CREATION_MINIMUM_AGE = 15
ACCOUNT_UNSUSPENSION_LIMIT_DAYS = 60
