"""How people read dates, prices and names: French, in the zone of the place, in the currency of the reader."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.dates import format_date

from shared.events.bookings import Booking
from shared.events.offers import Address
from shared.geography import METROPOLITAN_TIMEZONE, NEW_CALEDONIA, timezone_name
from shared.money import french_price

# The name of a clock that differs from Paris's, as a traveller would say it.
_ZONE_NAMES = {
    "America/Guadeloupe": "Guadeloupe",
    "America/Martinique": "Martinique",
    "America/Cayenne": "Guyane",
    "America/Miquelon": "Saint-Pierre-et-Miquelon",
    "America/St_Barthelemy": "Saint-Barthélemy",
    "Indian/Reunion": "La Réunion",
    "Indian/Mayotte": "Mayotte",
    "Pacific/Wallis": "Wallis-et-Futuna",
    "Pacific/Tahiti": "Polynésie française",
    "Pacific/Noumea": "Nouvelle-Calédonie",
    "Pacific/Pitcairn": "Pitcairn",
}


def location(booking: Booking) -> Address | None:
    """Where the offer takes place: its own address, else its venue's; nowhere for an offer that lives at a URL."""
    if booking.offer.url:
        return None
    return booking.offer.address or booking.venue.address


def zone_of(booking: Booking) -> str:
    """The IANA zone in which the booking's dates are read: the place's, else that of the holder's département."""
    place = location(booking)
    if place is None:
        return timezone_name(booking.beneficiary.department_code)
    try:
        ZoneInfo(place.timezone)
    except (ZoneInfoNotFoundError, ValueError):
        return timezone_name(place.department_code)
    return place.timezone


def french_date(moment: datetime, zone: str, *, weekday: bool = True) -> str:
    """`samedi 28 mars 2026`, as the calendar of `zone` shows the aware `moment`."""
    local = moment.astimezone(ZoneInfo(zone))
    day = "1er" if local.day == 1 else str(local.day)
    head = format_date(local, "EEEE ", locale="fr") if weekday else ""
    return f"{head}{day} {format_date(local, 'MMMM y', locale='fr')}"


def french_hour(moment: datetime, zone: str) -> str:
    """`20h30`, `9h`."""
    local = moment.astimezone(ZoneInfo(zone))
    return f"{local.hour}h{local.minute:02d}" if local.minute else f"{local.hour}h"


def zone_note(zone: str) -> str | None:
    """What to add to an hour that is not Paris's: `heure de La Réunion`."""
    if zone == METROPOLITAN_TIMEZONE:
        return None
    name = _ZONE_NAMES.get(zone) or zone.rpartition("/")[2].replace("_", " ")
    return f"heure de {name}"


def address_lines(address: Address) -> list[str]:
    """Street, then postal code and city; a missing street leaves the second line alone."""
    town = " ".join(part for part in (address.postal_code, address.city) if part)
    return [line for line in (one_line(address.street or ""), one_line(town)) if line]


def address_sentence(address: Address | None) -> str | None:
    """An address on one line, label first: `Théâtre, 1 rue X, 75001 Paris`."""
    if address is None:
        return None
    return ", ".join(part for part in (one_line(address.label or ""), *address_lines(address)) if part) or None


def uses_xpf(department: str | None) -> bool:
    """Whether a reader of that département counts in Pacific francs."""
    return department == NEW_CALEDONIA


def beneficiary_price(booking: Booking, *, unit: bool = False) -> str:
    """What the holder paid, in the holder's currency: for all places, or for one."""
    cents = booking.amount_cents * (1 if unit else booking.quantity)
    return french_price(cents, xpf=uses_xpf(booking.beneficiary.department_code))


def partner_price(booking: Booking) -> str:
    """The total as the partner counts it: Pacific francs for a venue in New Caledonia."""
    address = booking.venue.address or booking.offer.address
    department = address.department_code if address else None
    return french_price(booking.amount_cents * booking.quantity, xpf=uses_xpf(department))


def full_name(first_name: str | None, last_name: str | None) -> str:
    """`Prénom Nom`, without what is missing; empty when both are."""
    return " ".join(part for part in (one_line(first_name or ""), one_line(last_name or "")) if part)


def one_line(text: str, limit: int = 300) -> str:
    """Text without line breaks, control or direction-override characters, cut at `limit` with an ellipsis.

    Names are written by strangers and end up in mail headers and file names.
    """
    kept = "".join(" " if unicodedata.category(char) in {"Cc", "Zl", "Zp"} else char for char in text)
    kept = re.sub(r"[\u202a-\u202e\u2066-\u2069]", "", kept)
    kept = re.sub(r"\s+", " ", kept).strip()
    return kept if len(kept) <= limit else kept[: limit - 1].rstrip() + "…"


def paragraphs(text: str, limit: int = 900) -> list[str]:
    """The non-empty lines of a longer text, control characters gone, cut at `limit` characters in all."""
    lines: list[str] = []
    left = limit
    for raw in text.splitlines():
        line = one_line(raw, left) if left > 1 else ""
        if line:
            lines.append(line)
            left -= len(line)
    return lines


def slug(text: str, limit: int = 60) -> str:
    """ASCII letters, digits and hyphens, for file names; `reservation` when nothing of the text survives."""
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    kept = re.sub(r"[^a-z0-9]+", "-", ascii_text).strip("-")[:limit].strip("-")
    return kept or "reservation"
