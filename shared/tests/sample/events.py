from shared.events import Aggregate, State
from shared.events.features import feature_aggregate


class ThingState(State):
    label: str


THING = Aggregate("sample", "thing", ThingState, ("made", "renamed"))
FEATURE = feature_aggregate("sample")
AGGREGATES = (THING, FEATURE)
