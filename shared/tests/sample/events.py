from shared.events import Aggregate, State


class ThingState(State):
    label: str


THING = Aggregate("sample", "thing", ThingState, ("made", "renamed"))
AGGREGATES = (THING,)
