"""What other contexts are told of venues and addresses."""

from __future__ import annotations

from offers.venues.models import OffererAddress, Venue
from shared.events import offers as facts
from shared.events.envelope import Coordinates


def address_part(location: OffererAddress | None) -> facts.Address | None:
    """A location with its address loaded; its identifier is the location's, as the portal's."""
    if location is None:
        return None
    address = location.address
    return facts.Address(
        id=location.id,
        label=location.label,
        street=address.street,
        postal_code=address.postal_code,
        city=address.city,
        insee_code=address.insee_code,
        department_code=address.department_code,
        timezone=address.timezone,
        coordinates=Coordinates(latitude=float(address.latitude), longitude=float(address.longitude)),
    )


def venue_state(venue: Venue) -> facts.Venue:
    """The public state of a venue whose own location and address are loaded."""
    return facts.Venue(
        id=venue.id,
        offerer_id=venue.managing_offerer_id,
        name=venue.name,
        public_name=venue.public_name,
        siret=venue.siret,
        is_virtual=venue.is_virtual,
        is_permanent=venue.is_permanent,
        is_open_to_public=venue.is_open_to_public,
        is_soft_deleted=venue.is_soft_deleted,
        booking_email=venue.booking_email,
        withdrawal_details=venue.withdrawal_details,
        banner_url=venue.banner_url,
        address=address_part(venue.offerer_address),
    )
