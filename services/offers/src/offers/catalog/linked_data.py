"""An offer in the words of schema.org, for search engines and assistants."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from offers.catalog.values import PublicOffer
from offers.categories.tables import BOOKS_WITH_EAN
from shared.money import to_euros

_SCHEMA = "https://schema.org"
_BOOK_FORMATS = {
    "LIVRE_AUDIO_PHYSIQUE": "AudiobookFormat",
    "TELECHARGEMENT_LIVRE_AUDIO": "AudiobookFormat",
    "LIVRE_NUMERIQUE": "EBook",
}


def metadata(offer: PublicOffer, image_url: str | None, now: datetime) -> dict[str, Any]:
    """The JSON-LD object of an offer: an event, a book, or a product, with its prices in euros."""
    described: dict[str, Any] = {"@context": _SCHEMA, "@type": "Product", "name": offer.name}
    if offer.description:
        described["description"] = offer.description
    if image_url:
        described["image"] = image_url
    if offer.subcategory.is_event:
        described |= _event(offer)
    elif offer.subcategory_id in BOOKS_WITH_EAN or offer.subcategory_id == "TELECHARGEMENT_LIVRE_AUDIO":
        described |= _book(offer)
    prices = [stock.price_cents for stock in offer.stocks]
    if prices:
        described["offers"] = {
            "@type": "AggregateOffer",
            "lowPrice": f"{to_euros(min(prices)):f}",
            "priceCurrency": "EUR",
            "availability": f"{_SCHEMA}/{_availability(offer, now)}",
        }
    return described


def _availability(offer: PublicOffer, now: datetime) -> str:
    if offer.bookable_stocks(now):
        return "InStock"
    return "SoldOut" if offer.subcategory.is_event else "OutOfStock"


def _event(offer: PublicOffer) -> dict[str, Any]:
    online = offer.is_digital
    mode = "OnlineEventAttendanceMode" if online else "OfflineEventAttendanceMode"
    found: dict[str, Any] = {"@type": "Event", "eventAttendanceMode": f"{_SCHEMA}/{mode}"}
    dates = [stock.beginning_datetime for stock in offer.stocks if stock.beginning_datetime]
    if dates:
        found["startDate"] = min(dates).astimezone(UTC).isoformat(timespec="minutes").replace("+00:00", "Z")
    # The link of an online event is what people book: it is never shown here.
    if not online and offer.address is not None:
        found["location"] = {
            "@type": "Place",
            "name": offer.address.label or offer.venue.common_name,
            "address": {
                "@type": "PostalAddress",
                "streetAddress": offer.address.street,
                "postalCode": offer.address.postal_code,
                "addressLocality": offer.address.city,
            },
            "geo": {
                "@type": "GeoCoordinates",
                "latitude": f"{offer.address.latitude:.5f}",
                "longitude": f"{offer.address.longitude:.5f}",
            },
        }
    return found


def _book(offer: PublicOffer) -> dict[str, Any]:
    kind = _BOOK_FORMATS.get(offer.subcategory_id)
    if kind is None:
        kind = "Paperback" if offer.extra_data.get("bookFormat") == "POCHE" else "Hardcover"
    found: dict[str, Any] = {"@type": ["Product", "Book"], "bookFormat": f"{_SCHEMA}/{kind}"}
    if author := offer.extra_data.get("author"):
        found["author"] = {"@type": "Person", "name": str(author)}
    if offer.ean:
        found |= {"gtin13": offer.ean, "isbn": offer.ean}
    if language := offer.extra_data.get("langueiso"):
        found["inLanguage"] = str(language)
    return found
