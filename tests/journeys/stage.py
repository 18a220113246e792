"""What journeys need before they begin: an offer that is for sale, a picture."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from PIL import Image

from tests.journeys.people import Caller, until

ACCESSIBLE = {
    "audioDisabilityCompliant": True,
    "mentalDisabilityCompliant": True,
    "motorDisabilityCompliant": True,
    "visualDisabilityCompliant": False,
}


def picture(width: int = 600, height: int = 900) -> bytes:
    out = io.BytesIO()
    Image.linear_gradient("L").resize((width, height)).convert("RGB").save(out, "PNG")
    return out.getvalue()


def moment(**delta: float) -> str:
    """A moment from now, as the front-ends write it."""
    return (datetime.now(UTC) + timedelta(**delta)).replace(microsecond=0).isoformat().replace("+00:00", "Z")


@dataclass(frozen=True)
class ForSale:
    offer_id: int
    stock_id: int
    venue_id: int


async def a_venue(partner: Caller) -> dict[str, Any]:
    """A venue of the partner in Paris, of a validated structure."""
    venues = (await partner.get("/venues", params={"activeOfferersOnly": "true"}))["venues"]
    return next(
        venue
        for venue in venues
        if venue["isValidated"] and not venue["isVirtual"] and (venue["location"] or {}).get("departmentCode") == "75"
    )


async def thing_for_sale(partner: Caller, name: str, *, price: float = 10.0, quantity: int | None = 20) -> ForSale:
    """A thing, published by the calls of the portal."""
    venue = await a_venue(partner)
    body = {"name": name, "venueId": venue["id"], "subcategoryId": "MATERIEL_ART_CREATIF", **ACCESSIBLE}
    offer = (await partner.call("POST", "/offers", 201, json=body)).json()
    path = f"/offers/{offer['id']}"
    await partner.call("PATCH", path, 200, json={"location": {"isVenueLocation": True}})
    stocks = {"stocks": [{"offerId": offer["id"], "price": price, "quantity": quantity}]}
    made = (await partner.call("PATCH", f"{path}/stocks/", 200, json=stocks)).json()
    published = (await partner.call("PATCH", "/offers/publish", 200, json={"id": offer["id"]})).json()
    assert published["status"] == "ACTIVE"
    return ForSale(offer["id"], made["stocks"][0]["id"], venue["id"])


async def booked(person: Caller, stock_id: int, quantity: int = 1) -> int:
    """Book, once `bookings` has heard of the stock; the booking's id."""

    async def attempt() -> int | None:
        answer = await person.call("POST", "/native/v1/bookings", json={"stockId": stock_id, "quantity": quantity})
        if answer.status_code == 200:
            return answer.json()["bookingId"]
        # Not heard of yet; any other refusal is a failure of the journey.
        assert answer.status_code == 400, answer.text
        assert "stock" in answer.json() or answer.json().get("code") == "STOCK_NOT_BOOKABLE", answer.text
        return None

    found = await until(attempt)
    assert found is not None
    return found
