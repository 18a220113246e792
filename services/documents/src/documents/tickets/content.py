"""What is printed on a ticket, as the rendering process gets it: that process knows bookings no more than a printer does."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

Kind = Literal["event", "thing", "online"]


class Fact(BaseModel):
    """A labelled piece of the ticket; the first line is the one that matters."""

    model_config = ConfigDict(frozen=True)

    label: str
    lines: list[str]


class Ticket(BaseModel):
    """Everything printed on a ticket, in French, ready to lay out. Holds personal data: the holder and the codes.

    `code` is what the holder shows or types: the activation code when there is one, else the token. `qr` is the payload
    of the QR code, None for what is used online. `issued` is an ISO date-time, for the file's metadata.
    """

    model_config = ConfigDict(frozen=True)

    booking_id: int
    kind: Kind
    title: str
    offer_name: str
    category: str
    facts: list[Fact]
    holder: str
    code_label: str
    code: str
    code_note: str | None
    qr: str | None
    instructions_title: str
    instructions: list[str]
    details: list[str]
    contact: str | None
    status_note: str | None
    url: str | None
    reference: str
    issued: str
    filename: str
