"""Reads venues as the public sees them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from offers.offerers.models import Offerer
from offers.offerers.values import ValidationStatus
from offers.offers.models import HeadlineOffer
from offers.venues.models import Address, OffererAddress, OpeningHours, Venue, VenueContact
from offers.venues.values import LocationType, Weekday
from shared.geography import METROPOLITAN_TIMEZONE


@dataclass(frozen=True, slots=True)
class PublicContact:
    email: str | None
    phone_number: str | None
    website: str | None
    social_medias: dict[str, str] | None


@dataclass(frozen=True, slots=True)
class PublicVenuePage:
    """A venue's page. Coordinates in degrees, opening hours in minutes by weekday."""

    id: int
    common_name: str
    activity: str | None
    description: str | None
    withdrawal_details: str | None
    is_permanent: bool
    is_open_to_public: bool
    audio_disability_compliant: bool | None
    mental_disability_compliant: bool | None
    motor_disability_compliant: bool | None
    visual_disability_compliant: bool | None
    banner_url: str | None
    banner_credit: str | None
    street: str | None
    postal_code: str | None
    city: str | None
    latitude: float | None
    longitude: float | None
    timezone: str
    contact: PublicContact | None
    opening_hours: dict[Weekday, list[list[int]] | None]


_HOURS = (
    sa.select(sa.func.json_object_agg(OpeningHours.weekday, OpeningHours.timespan))
    .where(OpeningHours.venue_id == Venue.id)
    .scalar_subquery()
)

_VENUE = (
    sa.select(
        Venue.id,
        sa.func.coalesce(sa.func.nullif(Venue.public_name, ""), Venue.name).label("common_name"),
        Venue.activity,
        Venue.description,
        Venue.withdrawal_details,
        Venue.is_permanent,
        Venue.is_open_to_public,
        Venue.audio_disability_compliant,
        Venue.mental_disability_compliant,
        Venue.motor_disability_compliant,
        Venue.visual_disability_compliant,
        Venue.banner_url,
        Venue.banner_meta["image_credit"].astext.label("banner_credit"),
        Address.street,
        Address.postal_code,
        Address.city,
        Address.latitude,
        Address.longitude,
        sa.func.coalesce(Address.timezone, METROPOLITAN_TIMEZONE).label("timezone"),
        VenueContact.id.label("contact_id"),
        VenueContact.email,
        VenueContact.phone_number,
        VenueContact.website,
        VenueContact.social_medias,
        _HOURS.label("opening_hours"),
    )
    .join(Offerer, Offerer.id == Venue.managing_offerer_id)
    .outerjoin(
        OffererAddress,
        sa.and_(OffererAddress.venue_id == Venue.id, OffererAddress.type == LocationType.VENUE_LOCATION),
    )
    .outerjoin(Address, Address.id == OffererAddress.address_id)
    .outerjoin(VenueContact, VenueContact.venue_id == Venue.id)
    .where(
        Venue.is_permanent,
        ~Venue.is_soft_deleted,
        Offerer.is_active,
        Offerer.validation_status != ValidationStatus.CLOSED,
    )
)


async def public_venue(session: AsyncSession, venue_id: int) -> PublicVenuePage | None:
    """A permanent venue of an active offerer that was not closed; one statement."""
    row = (await session.execute(_VENUE.where(Venue.id == venue_id))).one_or_none()
    if row is None:
        return None
    values: dict[str, Any] = {
        name: getattr(row, name)
        for name in PublicVenuePage.__slots__
        if name not in ("contact", "opening_hours", "latitude", "longitude")
    }
    contact = PublicContact(row.email, row.phone_number, row.website, row.social_medias or None)
    return PublicVenuePage(
        **values,
        latitude=float(row.latitude) if row.latitude is not None else None,
        longitude=float(row.longitude) if row.longitude is not None else None,
        contact=contact if row.contact_id is not None else None,
        opening_hours={Weekday(day): spans for day, spans in (row.opening_hours or {}).items()},
    )


async def headline_offer_id(session: AsyncSession, offerer_id: int, now: datetime) -> int | None:
    """The offer that one of the offerer's venues puts forward at this moment."""
    query = (
        sa.select(HeadlineOffer.offer_id)
        .join(Venue, Venue.id == HeadlineOffer.venue_id)
        .where(
            Venue.managing_offerer_id == offerer_id, HeadlineOffer.timespan.contains(sa.literal(now, sa.DateTime(True)))
        )
        .order_by(HeadlineOffer.id.desc())
        .limit(1)
    )
    return (await session.execute(query)).scalar_one_or_none()
