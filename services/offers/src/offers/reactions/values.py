"""The words of reactions."""

from __future__ import annotations

from enum import StrEnum


class ReactionType(StrEnum):
    LIKE = "LIKE"
    DISLIKE = "DISLIKE"
    NO_REACTION = "NO_REACTION"
    """The person was asked and declined to answer; they are not asked again."""
