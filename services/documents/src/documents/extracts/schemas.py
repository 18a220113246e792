"""A person's data as they are laid out: sections of entries of facts, all of them words already."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from shared.web import NativeRequest, Response

Words = Annotated[str, Field(max_length=4_000)]


class Fact(NativeRequest):
    label: Words
    value: Words


class Section(NativeRequest):
    """`entries` are lists of facts: one for somebody's profile, one a booking for their bookings."""

    title: Words
    entries: list[list[Fact]] = Field(max_length=20_000)
    # What is said when there is no entry.
    none: Words = "Aucune donnée."


class ExtractRequest(NativeRequest):
    person: Words
    made_at: Words
    sections: list[Section] = Field(max_length=50)


class MessageKept(Response):
    """A message that was sent to the person; what it said is kept for the person alone and is not repeated here."""

    channel: str
    kind: str
    recipient: str
    created_at: datetime
    sent_at: datetime | None


class MessagesKept(Response):
    messages: list[MessageKept]
