"""From a ticket's content to its HTML. Runs in the rendering process."""

from __future__ import annotations

import base64
from io import BytesIO
from typing import Literal
from urllib.parse import urlsplit

import segno

from documents.templating import templates
from documents.tickets.content import Fact, Ticket

STYLESHEET = "ticket.css"

Density = Literal["airy", "dense", "bare"]

# Tried in this order until the ticket fits on one page; `bare` leaves the organiser's longer text to the application.
DENSITIES: tuple[Density, ...] = ("airy", "dense", "bare")


def ticket_html(ticket: Ticket, *, issuer: str, image: str | None, density: Density = "airy") -> str:
    """The page of a ticket; `image` is a `data:` URL."""
    return (
        templates("documents.tickets")
        .get_template("ticket.html.j2")
        .render(
            ticket=ticket,
            issuer=issuer,
            density=density,
            image=image if density == "airy" else None,
            qr=qr_image(ticket.qr) if ticket.qr else None,
            rows=_rows(ticket.facts),
            name_size=_size(len(ticket.offer_name), 45, 100),
            code_size=_size(len(ticket.code), 8, 18),
            link=_link(ticket.url),
            link_text=_short(ticket.url),
            created=ticket.issued,
        )
    )


def qr_image(payload: str) -> str:
    """The QR code of `payload` as an SVG in a `data:` URL: sharp at any size, quiet zone included."""
    buffer = BytesIO()
    segno.make(payload, error="m", micro=False).save(
        buffer, kind="svg", scale=10, border=2, dark="#000000", light="#ffffff", xmldecl=False, svgns=True
    )
    return "data:image/svg+xml;base64," + base64.b64encode(buffer.getvalue()).decode()


def _rows(facts: list[Fact]) -> list[list[Fact]]:
    """The date and the place take a row each; the short facts share one."""
    short = [fact for fact in facts if fact.label in _SHORT and len(fact.lines[0]) <= _SHORT_LENGTH]
    return [[fact] for fact in facts if fact not in short] + ([short] if short else [])


_SHORT = {"Prix", "Quantité", "Tarif"}
_SHORT_LENGTH = 14


def _size(length: int, medium: int, small: int) -> str:
    return "large" if length <= medium else "medium" if length <= small else "small"


def _link(url: str | None) -> str | None:
    return url if url and urlsplit(url).scheme in {"http", "https"} else None


def _short(url: str | None) -> str:
    """What of an address is worth printing."""
    if not url:
        return ""
    return url if len(url) <= 90 else url[:89] + "…"
