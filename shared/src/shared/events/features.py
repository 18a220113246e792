"""Facts that every service publishes about its feature flags, on a stream of its own."""

from __future__ import annotations

from zlib import crc32

from shared.events.envelope import Aggregate, State


class Feature(State):
    """A flag as it stands. `description` is French; `portal`: the partners' portal is told of it.

    The service whose code reads a flag owns it, so that the same name may be several services' (one stream each).
    """

    name: str
    is_active: bool
    description: str
    portal: bool = False


def feature_aggregate(context: str) -> Aggregate[Feature]:
    """The flags of one service. A flag is declared by a release, changed by people, withdrawn by a later release."""
    return Aggregate(context, "feature", Feature, facts=("declared", "changed", "withdrawn"))


def feature_id(context: str, name: str) -> int:
    """The identifier of a flag: the same in every database and unlike any other flag's, so that lists may be joined."""
    return crc32(f"{context}.{name}".encode()) & 0x7FFF_FFFF
