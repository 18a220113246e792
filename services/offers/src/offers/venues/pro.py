"""Venues on the portal."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from offers.offerers import queries as offerer_queries
from offers.offerers.access import check_access
from offers.replicas.pro_user import ActiveProUser
from offers.venues import queries, shapes
from offers.venues import schemas as s
from shared.identity import ProUser
from shared.web import Identifier, Session, operation, pro_router
from shared.web.access import PUBLIC, partners

router = pro_router()

Validated = Annotated[bool | None, Query()]
ActiveOnly = Annotated[bool | None, Query(alias="activeOfferersOnly")]
OffererFilter = Annotated[Identifier | None, Query(alias="offererId")]


@router.get("/venues", operation_id="GetVenues", deprecated=True, openapi_extra=operation(access=partners()))
async def get_venues(
    session: Session,
    user: ActiveProUser,
    validated: Validated = None,
    active_offerers_only: ActiveOnly = None,
    offerer_id: OffererFilter = None,
) -> s.VenueList:
    """The venues of the offerers that the caller's validated attachments give access to, by name."""
    venues = await queries.venues_of_user(
        session, user.id, validated=validated, active_offerers_only=active_offerers_only, offerer_id=offerer_id
    )
    with_offers = await queries.venues_with_offers(session, [venue.id for venue in venues])
    return s.VenueList(venues=[shapes.list_item(venue, has_created_offer=venue.id in with_offers) for venue in venues])


@router.get("/lite/venues", operation_id="GetVenuesLite", openapi_extra=operation(access=partners()))
async def get_venues_lite(
    session: Session,
    user: ActiveProUser,
    validated: Validated = None,
    active_offerers_only: ActiveOnly = None,
    offerer_id: OffererFilter = None,
) -> s.VenueLiteList:
    """`GET /venues`, identifiers and names alone."""
    venues = await queries.venues_of_user(
        session, user.id, validated=validated, active_offerers_only=active_offerers_only, offerer_id=offerer_id
    )
    return s.VenueLiteList(venues=[s.VenueLite(id=venue.id, name=venue.common_name) for venue in venues])


@router.get(
    "/venues/siret/{siret}",
    operation_id="GetVenuesOfOffererFromSiret",
    openapi_extra=operation(access=partners(other=PUBLIC)),
)
async def get_venues_of_siret(session: Session, user: ActiveProUser, siret: str) -> s.VenuesOfSiret:
    """The offerer of a SIRET and its venues, the one with that SIRET first; nothing for an unknown or rejected one."""
    found = await offerer_queries.offerer_with_venues_by_siren(session, siret[:9])
    if found is None:
        return s.VenuesOfSiret(venues=[])
    offerer, venues = found
    venues = sorted(venues, key=lambda venue: (venue.siret != siret, venue.common_name))
    return s.VenuesOfSiret(
        offerer_name=offerer.name,
        offerer_siren=offerer.siren,
        venues=[s.VenueOfSiret.model_validate(venue) for venue in venues],
    )


@router.get("/venues/{venue_id}", operation_id="GetVenue", openapi_extra=operation(access=partners(other=403)))
async def get_venue(session: Session, user: ActiveProUser, venue_id: Identifier) -> s.VenueResponse:
    """404 for an unknown venue, 403 without access to its offerer."""
    venue = await queries.venue_details(session, venue_id)
    await check_access(session, user, venue.managing_offerer_id)
    offers = await queries.offers_of_venues(session, [venue.id])
    return shapes.details(venue, offers[venue.id])


@router.get(
    "/venue/{venue_id}/offers-statistics",
    operation_id="GetOffersStatistics",
    openapi_extra=operation(access=partners(other=403)),
)
async def get_offers_statistics(session: Session, user: ActiveProUser, venue_id: Identifier) -> s.OffersStatistics:
    """How many offers of a venue are published or wait for a review, each counted up to 500."""
    venue = await queries.venue_or_404(session, venue_id)
    await check_access(session, user, venue.managing_offerer_id)
    published, pending = await queries.published_and_pending(session, venue_id=venue.id)
    return s.OffersStatistics(
        published_public_offers=published,
        pending_public_offers=pending,
        published_educational_offers=0,
        pending_educational_offers=0,
    )


@router.get(
    "/venues/{venue_id}/offers-statistics",
    operation_id="GetVenueOffersStats",
    openapi_extra=operation(access=partners(other=403)),
)
async def get_venue_views(session: Session, user: ActiveProUser, venue_id: Identifier) -> s.VenueViews:
    """How often a venue's offers were looked at. Nobody counts views yet, so there are none."""
    venue = await queries.venue_or_404(session, venue_id)
    await check_access(session, user, venue.managing_offerer_id)
    return s.VenueViews(venue_id=venue.id, total_views6_months=0, top_offers_by_consultation=[])


@router.get(
    "/venue-labels",
    operation_id="FetchVenueLabels",
    openapi_extra=operation(access=partners(other=PUBLIC, suspended=PUBLIC)),
)
async def get_venue_labels(user: ProUser) -> list[s.VenueLabel]:
    """Labels of the ministry; none is kept yet."""
    return []


@router.get(
    "/venues-educational-statuses",
    operation_id="GetVenuesEducationalStatuses",
    openapi_extra=operation(access=partners(other=PUBLIC, suspended=PUBLIC)),
)
async def get_educational_statuses(user: ProUser) -> s.EducationalStatuses:
    """Statuses of venues toward schools; none is kept yet."""
    return s.EducationalStatuses(statuses=[])
