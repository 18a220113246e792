"""Reads of technical partners and their links."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import contains_eager, joinedload

from offers.offerers.models import Offerer
from offers.providers.models import Provider, VenueProvider
from offers.venues.models import OffererAddress, Venue


async def links_of_venue(session: AsyncSession, venue_id: int) -> Sequence[VenueProvider]:
    """A venue's links, the providers loaded."""
    statement = (
        select(VenueProvider)
        .where(VenueProvider.venue_id == venue_id)
        .options(joinedload(VenueProvider.provider).joinedload(Provider.offerer_provider))
        .order_by(VenueProvider.id)
    )
    return (await session.execute(statement)).scalars().all()


async def providers_for_venue(session: AsyncSession) -> Sequence[Provider]:
    """The providers that a partner may link a venue to, by name."""
    statement = (
        select(Provider)
        .where(Provider.is_active, Provider.enabled_for_pro)
        .options(joinedload(Provider.offerer_provider))
        .order_by(func.lower(Provider.name), Provider.id)
    )
    return (await session.execute(statement)).scalars().all()


async def venues_of_provider(
    session: AsyncSession, provider_id: int, *, siren: str | None = None
) -> Sequence[tuple[Venue, VenueProvider]]:
    """The venues that are actively linked to a provider, by offerer, with offerer and location. One statement."""
    statement = (
        select(Venue, VenueProvider)
        .join(VenueProvider, VenueProvider.venue_id == Venue.id)
        .join(Venue.managing_offerer)
        .where(
            VenueProvider.provider_id == provider_id,
            VenueProvider.is_active,
            Venue.is_soft_deleted.is_(False),
            Offerer.is_active,
        )
        .options(
            contains_eager(Venue.managing_offerer),
            joinedload(Venue.offerer_address).joinedload(OffererAddress.address),
        )
        .order_by(Offerer.id, Venue.id)
    )
    if siren is not None:
        statement = statement.where(Offerer.siren == siren)
    return [(row[0], row[1]) for row in await session.execute(statement)]
