"""Events: how facts leave a service, travel, and arrive."""

from shared.events.envelope import REPLAYED, Aggregate, Event, Part, State
from shared.events.subscribers import Subscribers, Subscription

__all__ = ["REPLAYED", "Aggregate", "Event", "Part", "State", "Subscribers", "Subscription"]
