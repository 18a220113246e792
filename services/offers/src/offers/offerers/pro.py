"""Offerers on the portal."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from offers.offerers import queries
from offers.offerers import schemas as s
from offers.offerers.access import check_access
from offers.offerers.rules import is_caledonian_siren, is_validated
from offers.offerers.values import ValidationStatus
from offers.replicas.pro_user import ActiveProUser
from offers.venues import queries as venue_queries
from offers.venues import shapes as venue_shapes
from offers.venues.schemas import BannerMeta, OffersStatistics, VenueTypeLabel
from shared.web import Identifier, Session, operation, pro_router
from shared.web.access import PUBLIC, partners

router = pro_router()


@router.get("/offerers/names", operation_id="ListOfferersNames", openapi_extra=operation(access=partners(other=PUBLIC)))
async def list_names(
    session: Session,
    user: ActiveProUser,
    validated: Annotated[bool | None, Query()] = None,
    validated_for_user: Annotated[bool | None, Query()] = None,
    offerer_id: Annotated[Identifier | None, Query()] = None,
) -> s.OfferersNames:
    """The caller's offerers, or the one asked for."""
    rows = await queries.names(
        session,
        user.id,
        validated=validated,
        validated_for_user=validated_for_user,
        offerer_id=offerer_id,
    )
    return s.OfferersNames(offerers_names=[s.OffererName(id=row[0], name=row[1]) for row in rows])


@router.get("/offerers/{offerer_id}", operation_id="GetOfferer", openapi_extra=operation(access=partners(other=403)))
async def get_offerer(session: Session, user: ActiveProUser, offerer_id: Identifier) -> s.OffererResponse:
    """404 for an unknown offerer, 403 without a validated attachment (the portal then shows that it is awaited)."""
    offerer = await queries.offerer_or_404(session, offerer_id)
    await check_access(session, user, offerer.id)
    venues = await queries.venues_of_offerer(session, offerer.id)
    by_venue = await venue_queries.offers_of_venues(session, [venue.id for venue in venues])
    offers = await queries.offers_of_offerer(session, offerer.id)
    is_closed = offerer.validation_status is ValidationStatus.CLOSED
    managed = [
        s.ManagedVenue(
            id=venue.id,
            name=venue.name,
            public_name=venue.public_name,
            siret=venue.siret,
            activity=venue_shapes.displayed_activity(venue.activity),
            banner_meta=BannerMeta.model_validate(venue.banner_meta) if venue.banner_meta else None,
            banner_url=venue.banner_url,
            booking_email=venue.booking_email,
            collective_dms_applications=[],
            has_adage_id=venue.adage_id is not None,
            has_created_offer=by_venue[venue.id].has_offers,
            has_partner_page=venue_shapes.has_partner_page(venue, offerer, by_venue[venue.id]),
            has_venue_providers=by_venue[venue.id].has_provider,
            is_permanent=venue.is_permanent,
            is_virtual=venue.is_virtual,
            venue_type_code=VenueTypeLabel(venue_shapes.venue_type_label(venue.venue_type_code)),
            withdrawal_details=venue.withdrawal_details,
        )
        for venue in venues
    ]
    return s.OffererResponse(
        id=offerer.id,
        name=offerer.name,
        siren=offerer.siren,
        is_validated=is_validated(offerer.validation_status),
        is_active=offerer.is_active and not is_closed,
        is_onboarded=offerer.allowed_on_adage
        or offers.has_non_draft
        or any(venue.adage_id is not None for venue in venues),
        allowed_on_adage=offerer.allowed_on_adage,
        is_caledonian=is_caledonian_siren(offerer.siren),
        has_valid_bank_account=False,
        has_pending_bank_account=False,
        has_bank_account_with_pending_corrections=False,
        has_non_free_offer=offers.has_non_free,
        has_active_offer=offers.has_active,
        has_headline_offer=offers.has_headline,
        has_partner_page=any(venue.has_partner_page for venue in managed),
        has_available_pricing_points=any(venue.siret for venue in venues),
        has_digital_venue_at_least_one_offer=offers.has_digital,
        can_display_highlights=any(row.has_event for row in by_venue.values()),
        venues_with_non_free_offers_without_bank_accounts=[],
        managed_venues=managed,
    )


@router.get(
    "/offerers/{offerer_id}/members",
    operation_id="GetOffererMembers",
    openapi_extra=operation(access=partners(other=403)),
)
async def get_members(session: Session, user: ActiveProUser, offerer_id: Identifier) -> s.Members:
    """Who is attached, validated or waiting."""
    offerer = await queries.offerer_or_404(session, offerer_id)
    await check_access(session, user, offerer.id)
    rows = await queries.members(session, offerer.id)
    members = [
        s.Member(
            email=email,
            status=s.MemberStatus.VALIDATED if status is ValidationStatus.VALIDATED else s.MemberStatus.PENDING,
        )
        for email, status in rows
    ]
    return s.Members(members=sorted(members, key=lambda member: (member.status, member.email)))


@router.get(
    "/offerers/{offerer_id}/offerer_addresses",
    operation_id="GetOffererAddresses",
    openapi_extra=operation(access=partners(other=403)),
)
async def get_addresses(
    session: Session,
    user: ActiveProUser,
    offerer_id: Identifier,
    with_offers_option: Annotated[s.OffersOption | None, Query(alias="withOffersOption")] = None,
) -> list[s.OffererLocation]:
    """Where the offerer's offers take place, by label, its venues' own locations left out."""
    await check_access(session, user, offerer_id)
    if with_offers_option in (s.OffersOption.COLLECTIVE, s.OffersOption.TEMPLATES):
        return []
    rows = await queries.offer_locations(
        session, offerer_id, used_by_offers=with_offers_option is s.OffersOption.INDIVIDUAL
    )
    return [
        s.OffererLocation(
            id=row.id,
            label=row.label,
            street=row.address.street,
            postal_code=row.address.postal_code,
            city=row.address.city,
            department_code=row.address.department_code,
        )
        for row in rows
    ]


@router.get(
    "/offerers/{offerer_id}/stats", operation_id="GetOffererStats", openapi_extra=operation(access=partners(other=403))
)
async def get_stats(session: Session, user: ActiveProUser, offerer_id: Identifier) -> s.OffererStats:
    """How often the offerer's offers were looked at. Nobody counts views yet: the contract's empty answer."""
    await check_access(session, user, offerer_id)
    return s.OffererStats(
        offerer_id=offerer_id, json_data=s.OffererStatsData(daily_views=[], top_offers=[], total_views_last30_days=0)
    )


@router.get(
    "/offerers/{offerer_id}/v2/stats",
    operation_id="GetOffererV2Stats",
    deprecated=True,
    openapi_extra=operation(access=partners(other=403)),
)
async def get_offers_stats(session: Session, user: ActiveProUser, offerer_id: Identifier) -> OffersStatistics:
    """How many offers are published or wait for a review, each counted up to 500."""
    offerer = await queries.offerer_or_404(session, offerer_id)
    await check_access(session, user, offerer.id)
    published, pending = await venue_queries.published_and_pending(session, offerer_id=offerer.id)
    return OffersStatistics(
        published_public_offers=published,
        pending_public_offers=pending,
        published_educational_offers=0,
        pending_educational_offers=0,
    )
