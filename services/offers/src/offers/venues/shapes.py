"""Venues and locations as the portal reads them, from loaded rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from offers.categories.venue_types import DEFAULT_VENUE_TYPE, VENUE_TYPES
from offers.offerers.rules import is_validated
from offers.venues import rules
from offers.venues import schemas as s

if TYPE_CHECKING:
    from offers.offerers.models import Offerer
    from offers.venues.models import OffererAddress, Venue
    from offers.venues.queries import VenueOffers

ACCESSIBILITY = tuple(f"{kind}_disability_compliant" for kind in ("audio", "mental", "motor", "visual"))


def accessibility(owner: Any) -> dict[str, Any]:
    """The four answers about handicaps, of a venue or an offer."""
    return {name: getattr(owner, name) for name in ACCESSIBILITY}


def displayed_activity(activity: str | None) -> s.DisplayableActivity | None:
    return s.DisplayableActivity(activity) if activity in s.DisplayableActivity.__members__ else None


def venue_type_label(code: str) -> str:
    return VENUE_TYPES.get(code, VENUE_TYPES[DEFAULT_VENUE_TYPE])


def location(row: OffererAddress, *, is_venue_location: bool, label: str | None = None) -> s.LocationResponse:
    address = row.address
    return s.LocationResponse(
        id=row.id,
        ban_id=address.ban_id,
        insee_code=address.insee_code,
        postal_code=address.postal_code,
        street=address.street,
        city=address.city,
        latitude=float(address.latitude),
        longitude=float(address.longitude),
        department_code=address.department_code,
        label=label or row.label,
        is_manual_edition=address.is_manual_edition,
        is_venue_location=is_venue_location,
    )


def own_location(venue: Venue) -> s.LocationResponse | None:
    """Where a venue is, under its common name."""
    row = venue.offerer_address
    return location(row, is_venue_location=True, label=row.label or venue.common_name) if row is not None else None


def is_caledonian(venue: Venue) -> bool:
    row = venue.offerer_address
    return rules.is_caledonian(venue.siret, row.address.department_code if row is not None else None)


def has_partner_page(venue: Venue, offerer: Offerer, offers: VenueOffers) -> bool:
    """A venue has a page on the app when it is permanent, of an active offerer that is not closed, with an offer."""
    is_closed = offerer.validation_status == "CLOSED"
    return offerer.is_active and not is_closed and venue.is_permanent and not venue.is_virtual and offers.has_offers


def list_item(venue: Venue, *, has_created_offer: bool) -> s.VenueListItem:
    offerer = venue.managing_offerer
    return s.VenueListItem(
        id=venue.id,
        name=venue.name,
        public_name=venue.public_name,
        managing_offerer_id=offerer.id,
        offerer_name=offerer.name,
        siret=venue.siret,
        booking_email=venue.booking_email,
        withdrawal_details=venue.withdrawal_details,
        is_virtual=venue.is_virtual,
        is_permanent=venue.is_permanent,
        is_caledonian=is_caledonian(venue),
        is_active=offerer.is_active,
        is_validated=is_validated(offerer.validation_status),
        has_created_offer=has_created_offer,
        has_non_free_offers=False,
        venue_type_code=s.VenueTypeLabel(venue_type_label(venue.venue_type_code)),
        location=own_location(venue),
        **accessibility(venue),
    )


def details(venue: Venue, offers: VenueOffers) -> s.VenueResponse:
    """A venue loaded by `venue_details`."""
    offerer = venue.managing_offerer
    point = venue.pricing_point
    hours = {row.weekday: row.timespan for row in venue.opening_hours}
    contact = venue.contact
    return s.VenueResponse(
        id=venue.id,
        name=venue.name,
        public_name=venue.public_name,
        siret=venue.siret,
        comment=venue.comment,
        description=venue.description,
        booking_email=venue.booking_email,
        withdrawal_details=venue.withdrawal_details,
        date_created=venue.date_created,
        is_virtual=venue.is_virtual,
        is_permanent=venue.is_permanent,
        is_open_to_public=venue.is_open_to_public,
        is_caledonian=is_caledonian(venue),
        is_active=offerer.is_active,
        is_validated=is_validated(offerer.validation_status),
        allowed_on_adage=offerer.allowed_on_adage,
        activity=displayed_activity(venue.activity),
        venue_type=s.VenueType(value=venue.venue_type_code, label=venue_type_label(venue.venue_type_code)),
        banner_url=venue.banner_url,
        banner_meta=s.BannerMeta.model_validate(venue.banner_meta) if venue.banner_meta else None,
        contact=s.VenueContactResponse(
            email=contact.email,
            website=contact.website,
            phone_number=contact.phone_number,
            social_medias=contact.social_medias,
        )
        if contact is not None
        else None,
        opening_hours=s.WeekdayHours.model_validate(rules.opening_hours_by_day(hours)) if hours else None,
        location=own_location(venue),
        managing_offerer=s.ManagingOfferer(
            id=offerer.id,
            name=offerer.name,
            siren=offerer.siren,
            is_validated=is_validated(offerer.validation_status),
        ),
        pricing_point=s.PricingPoint(id=point.id, siret=point.siret, venue_name=point.common_name)
        if point is not None and point.siret is not None
        else None,
        collective_dms_applications=[],
        collective_domains=[],
        has_adage_id=venue.adage_id is not None,
        adage_inscription_date=venue.adage_inscription_date,
        has_offers=offers.has_offers,
        has_active_individual_offer=offers.has_active_offer,
        has_non_free_offers=True,
        has_partner_page=has_partner_page(venue, offerer, offers),
        can_display_highlights=offers.has_event,
        **accessibility(venue),
    )
