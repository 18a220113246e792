"""How the portal shows where an offer takes place."""

from __future__ import annotations

from offers.venues.models import OffererAddress, Venue
from offers.venues.rules import is_venue_location
from offers.venues.schemas import LocationResponse
from offers.venues.shapes import location as location_answer


def offer_location_answer(location: OffererAddress | None, venue: Venue) -> LocationResponse | None:
    """Where an offer takes place, as its partner reads it; None without a location."""
    if location is None:
        return None
    own = venue.offerer_address
    is_own = own is not None and is_venue_location(
        same_address=own.address_id == location.address_id,
        label=location.label,
        venue_label=own.label,
        venue_common_name=venue.common_name,
    )
    return location_answer(location, is_venue_location=is_own)
