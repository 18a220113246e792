"""The feature flags of users, and what front-ends are told of every service's."""

from shared.events.users import FEATURE
from shared.features import Flags
from users.features.declared import Flag

flags = Flags(Flag, FEATURE)

__all__ = ["Flag", "flags"]
