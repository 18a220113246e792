"""Feature flags: declared in a service's code, changed by its command, read from memory."""

from shared.features.declared import FeatureFlag, off, on
from shared.features.following import Follower, Memory
from shared.features.memory import Flags

__all__ = ["FeatureFlag", "Flags", "Follower", "Memory", "off", "on"]
