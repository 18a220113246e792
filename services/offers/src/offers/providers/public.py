"""The venues of a technical partner, for its software."""

from __future__ import annotations

from enum import StrEnum
from itertools import groupby
from typing import Annotated, Any, Literal

from fastapi import Query
from pydantic import StringConstraints

from offers.categories.venue_types import VENUE_TYPES
from offers.providers.queries import venues_of_provider
from shared.identity import Provider
from shared.web import Response, Session, UtcDatetime, operation, public_router
from shared.web.access import providers

router = public_router()

VenueTypeId = StrEnum("VenueTypeId", {name: name for name in VENUE_TYPES})  # type: ignore[invalid-argument]
Siren = Annotated[str, StringConstraints(pattern=r"^(\d{9}|NC\d{7})$")]


class PublicOfferer(Response):
    id: int
    name: str
    siren: str
    allowed_on_adage: bool
    created_datetime: UtcDatetime


class PublicAccessibility(Response):
    audio_disability_compliant: bool | None = None
    mental_disability_compliant: bool | None = None
    motor_disability_compliant: bool | None = None
    visual_disability_compliant: bool | None = None


class PhysicalLocation(Response):
    type: Literal["physical"] = "physical"
    address: str | None = None
    city: str | None = None
    postal_code: str | None = None


class DigitalLocation(Response):
    type: Literal["digital"] = "digital"


class PublicVenue(Response):
    id: int
    legal_name: str
    public_name: str | None = None
    siret: str | None = None
    siret_comment: str | None = None
    activity_domain: VenueTypeId
    accessibility: PublicAccessibility
    location: PhysicalLocation | DigitalLocation
    created_datetime: UtcDatetime
    booking_url: str | None = None
    cancel_url: str | None = None
    notification_url: str | None = None


class OffererVenues(Response):
    offerer: PublicOfferer
    venues: list[PublicVenue]


def _location(venue: Any) -> PhysicalLocation | DigitalLocation:
    place = venue.offerer_address
    if venue.is_virtual or place is None:
        return DigitalLocation()
    address = place.address
    return PhysicalLocation(address=address.street, city=address.city, postal_code=address.postal_code)


def _venue(venue: Any, link: Any) -> PublicVenue:
    return PublicVenue(
        id=venue.id,
        legal_name=venue.name,
        public_name=venue.public_name,
        siret=venue.siret,
        siret_comment=venue.comment,
        activity_domain=VenueTypeId(venue.venue_type_code),
        accessibility=PublicAccessibility(
            audio_disability_compliant=venue.audio_disability_compliant,
            mental_disability_compliant=venue.mental_disability_compliant,
            motor_disability_compliant=venue.motor_disability_compliant,
            visual_disability_compliant=venue.visual_disability_compliant,
        ),
        location=_location(venue),
        created_datetime=venue.date_created,
        booking_url=link.booking_external_url,
        cancel_url=link.cancel_external_url,
        notification_url=link.notification_external_url,
    )


@router.get(
    "/public/offers/v1/offerer_venues",
    operation_id="GetOffererVenues",
    openapi_extra=operation(rate_limit="200/minute", access=providers()),
)
async def get_offerer_venues(
    provider: Provider, session: Session, siren: Annotated[Siren | None, Query()] = None
) -> list[OffererVenues]:
    found = await venues_of_provider(session, provider.id, siren=siren)
    return [
        OffererVenues(
            offerer=PublicOfferer(
                id=offerer.id,
                name=offerer.name,
                siren=offerer.siren,
                allowed_on_adage=offerer.allowed_on_adage,
                created_datetime=offerer.date_created,
            ),
            venues=[_venue(venue, link) for venue, link in group],
        )
        for offerer, group in groupby(found, key=lambda pair: pair[0].managing_offerer)
    ]
