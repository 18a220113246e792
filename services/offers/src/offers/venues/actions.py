"""What can happen to venues."""

from __future__ import annotations

import secrets

from sqlalchemy.ext.asyncio import AsyncSession

from offers.categories.venue_types import venue_type_of
from offers.offerers.models import Offerer
from offers.offerers.rules import is_siret
from offers.venues.addresses import AddressGiven, get_or_create_address
from offers.venues.facts import venue_state
from offers.venues.models import OffererAddress, Venue, VenueContact
from offers.venues.queries import venue_for_facts
from offers.venues.values import LocationType
from shared.clock import now
from shared.database import emit
from shared.errors import field_error
from shared.events.offers import VENUE


async def create_venue(
    session: AsyncSession,
    offerer: Offerer,
    *,
    name: str,
    address: AddressGiven | None,
    siret: str | None = None,
    comment: str | None = None,
    public_name: str | None = None,
    activity: str | None = None,
    booking_email: str | None = None,
    description: str | None = None,
    withdrawal_details: str | None = None,
    is_open_to_public: bool = True,
    is_permanent: bool = True,
    is_virtual: bool = False,
    accessibility: bool | None = None,
    contact_email: str | None = None,
    website: str | None = None,
    phone_number: str | None = None,
) -> Venue:
    """A new venue with its location; one with a SIRET is its own pricing point. Emits `venue.created`.

    `accessibility` answers the four handicaps alike. 400 `siret` unless exactly one of `siret` and `comment` is given.
    """
    if bool(siret) == bool(comment):
        raise field_error("siret", "Un SIRET ou, à défaut, un commentaire est nécessaire.")
    if siret is not None and not (is_siret(siret) and siret.startswith(offerer.siren)):
        raise field_error("siret", "Ce SIRET n’est pas celui d’un établissement de cette structure.")
    venue = Venue(
        managing_offerer_id=offerer.id,
        name=name,
        public_name=public_name or name,
        siret=siret,
        comment=comment,
        activity=activity,
        venue_type_code=venue_type_of(activity),
        booking_email=booking_email or None,
        description=description,
        withdrawal_details=withdrawal_details,
        is_open_to_public=is_open_to_public,
        is_permanent=is_permanent,
        is_virtual=is_virtual,
        audio_disability_compliant=accessibility,
        mental_disability_compliant=accessibility,
        motor_disability_compliant=accessibility,
        visual_disability_compliant=accessibility,
        dms_token=secrets.token_hex(6),
        date_created=now(),
    )
    session.add(venue)
    await session.flush()
    if siret is not None:
        venue.pricing_point_id = venue.id
    if address is not None:
        place = await get_or_create_address(session, address)
        session.add(
            OffererAddress(
                offerer_id=offerer.id,
                address_id=place.id,
                venue_id=venue.id,
                label=None,
                type=LocationType.VENUE_LOCATION,
            )
        )
    if contact_email or website or phone_number:
        session.add(
            VenueContact(
                venue_id=venue.id, email=contact_email, website=website, phone_number=phone_number, social_medias={}
            )
        )
    await session.flush()
    await emit(session, VENUE, "created", venue_state(await venue_for_facts(session, venue.id)))
    return venue
