"""How the portal shows where an offer or a venue is."""

from __future__ import annotations

from offers.venues.models import OffererAddress, Venue
from offers.venues.rules import is_venue_location
from offers.venues.schemas import LocationResponse


def location_answer(location: OffererAddress, *, is_own: bool) -> LocationResponse:
    """A location with its address loaded; `is_own` when it is the venue's."""
    address = location.address
    return LocationResponse(
        id=location.id,
        ban_id=address.ban_id,
        insee_code=address.insee_code,
        postal_code=address.postal_code,
        street=address.street,
        city=address.city,
        latitude=float(address.latitude),
        longitude=float(address.longitude),
        department_code=address.department_code,
        label=location.label,
        is_manual_edition=address.is_manual_edition,
        is_venue_location=is_own,
    )


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
    return location_answer(location, is_own=is_own)
