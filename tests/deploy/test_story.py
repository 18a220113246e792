"""The journeys of tests/journeys, against containers: through the gateway, the pooler and the broker with a password."""

from __future__ import annotations

from tests.journeys.test_story import (
    test_a_concert_is_published_found_booked_and_validated,
    test_favourites_follow_their_owner,
    test_what_is_cancelled_is_given_back,
)

__all__ = [
    "test_a_concert_is_published_found_booked_and_validated",
    "test_favourites_follow_their_owner",
    "test_what_is_cancelled_is_given_back",
]
