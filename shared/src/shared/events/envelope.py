"""What travels on the streams: an envelope around the full public state of one aggregate."""

from __future__ import annotations

from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class Part(BaseModel):
    """A value inside a state. Readers ignore what they do not know, so publishers may add fields."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class State(Part):
    """The full public state of an aggregate, as other contexts may keep it."""

    id: int


S = TypeVar("S", bound=State)


class Event(BaseModel, Generic[S]):
    """A fact about one aggregate.

    `aggregate_version` grows with every event of the same aggregate; a replica ignores an older one. `trace` is the W3C
    `traceparent` of the request that caused the fact, when there was one.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: UUID
    name: str
    schema_version: int = 1
    occurred_at: datetime
    aggregate_id: int
    aggregate_version: int
    trace: str | None = None
    state: S

    @property
    def fact(self) -> str:
        """The part of the name after the aggregate: `created` in `booking.created`."""
        return self.name.rpartition(".")[2]


REPLAYED = "replayed"


class Aggregate(Generic[S]):
    """A kind of thing that a context publishes facts about, on one stream.

    `facts` are the past participles that may happen to it. `replayed` is always one of them: the current state again,
    for replicas to repair themselves; handlers with effects do not hear it.
    """

    def __init__(self, context: str, name: str, state: type[S], facts: tuple[str, ...], *, version: int = 1) -> None:
        self.context = context
        self.name = name
        self.state = state
        self.facts = frozenset((*facts, REPLAYED))
        self.schema_version = version
        self.event: type[Event[S]] = Event[state]  # type: ignore[valid-type]

    @property
    def stream(self) -> str:
        """The stream that carries this aggregate's events."""
        return f"{self.context}.{self.name}"

    def event_name(self, fact: str) -> str:
        """The full name of a fact; an undeclared fact is a programming error."""
        if fact not in self.facts:
            raise ValueError(f"{self.stream} does not declare the fact {fact!r}")
        return f"{self.name}.{fact}"

    def __repr__(self) -> str:
        return f"Aggregate({self.stream})"


class Coordinates(Part):
    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)
