"""Reads of venues."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from offers.categories.tables import SUBCATEGORIES
from offers.offerers.models import Offerer, UserOfferer
from offers.offerers.values import ValidationStatus
from offers.offers.models import Offer
from offers.offers.values import OfferValidation
from offers.providers.models import VenueProvider
from offers.venues.models import OffererAddress, Venue
from shared.clock import now
from shared.errors import not_found

STATISTICS_CAP = 500
EVENT_SUBCATEGORIES = sorted(s.id for s in SUBCATEGORIES.values() if s.is_event)


async def venue_for_facts(session: AsyncSession, venue_id: int) -> Venue:
    """A venue with its own location, as its event tells of it, read anew."""
    statement = (
        select(Venue)
        .where(Venue.id == venue_id)
        .options(joinedload(Venue.offerer_address).joinedload(OffererAddress.address))
    )
    return (await session.execute(statement, execution_options={"populate_existing": True})).scalar_one()


async def venue_or_404(session: AsyncSession, venue_id: int) -> Venue:
    """A venue with its offerer and location; 404 `global`."""
    statement = (
        select(Venue)
        .where(Venue.id == venue_id, Venue.is_soft_deleted.is_(False))
        .options(
            joinedload(Venue.managing_offerer),
            joinedload(Venue.offerer_address).joinedload(OffererAddress.address),
        )
    )
    venue = (await session.execute(statement)).scalar_one_or_none()
    if venue is None:
        raise not_found("global", "Ce lieu n’existe pas.")
    return venue


async def venue_details(session: AsyncSession, venue_id: int) -> Venue:
    """`venue_or_404` with what the venue's page shows."""
    statement = (
        select(Venue)
        .where(Venue.id == venue_id, Venue.is_soft_deleted.is_(False))
        .options(
            joinedload(Venue.managing_offerer),
            joinedload(Venue.offerer_address).joinedload(OffererAddress.address),
            joinedload(Venue.contact),
            joinedload(Venue.pricing_point),
            selectinload(Venue.opening_hours),
        )
    )
    venue = (await session.execute(statement)).scalar_one_or_none()
    if venue is None:
        raise not_found("global", "Ce lieu n’existe pas.")
    return venue


async def venues_of_user(
    session: AsyncSession,
    user_id: int,
    *,
    validated: bool | None = None,
    active_offerers_only: bool | None = None,
    offerer_id: int | None = None,
) -> Sequence[Venue]:
    """The venues of the offerers that a user is attached to, by name, with offerer and location. One statement."""
    statement = (
        select(Venue)
        .join(Venue.managing_offerer)
        .join(UserOfferer, UserOfferer.offerer_id == Offerer.id)
        .where(
            UserOfferer.user_id == user_id,
            UserOfferer.validation_status == ValidationStatus.VALIDATED,
            Venue.is_soft_deleted.is_(False),
        )
        .options(
            contains_eager(Venue.managing_offerer),
            joinedload(Venue.offerer_address).joinedload(OffererAddress.address),
        )
        .order_by(func.lower(Venue.public_name), Venue.id)
    )
    if validated is not None:
        is_validated = Offerer.validation_status == ValidationStatus.VALIDATED
        statement = statement.where(is_validated if validated else sa.not_(is_validated))
    if active_offerers_only:
        statement = statement.where(Offerer.is_active, Offerer.validation_status != ValidationStatus.CLOSED)
    if offerer_id is not None:
        statement = statement.where(Offerer.id == offerer_id)
    return (await session.execute(statement)).scalars().all()


async def venues_with_offers(session: AsyncSession, venue_ids: Sequence[int]) -> set[int]:
    """Those of the venues that have an offer, whatever its status."""
    if not venue_ids:
        return set()
    ids = sa.func.unnest(sa.cast(list(venue_ids), sa.ARRAY(sa.BigInteger))).column_valued("venue_id")
    found = await session.execute(select(ids).where(sa.exists().where(Offer.venue_id == ids)))
    return set(found.scalars())


@dataclass(frozen=True)
class VenueOffers:
    """What a venue's offers make possible."""

    has_offers: bool
    has_active_offer: bool
    has_event: bool
    has_provider: bool


async def offers_of_venues(session: AsyncSession, venue_ids: Sequence[int]) -> dict[int, VenueOffers]:
    """`VenueOffers` of each venue, in one statement."""
    if not venue_ids:
        return {}
    moment = now()
    ids = sa.func.unnest(sa.cast(list(venue_ids), sa.ARRAY(sa.BigInteger))).column_valued("venue_id")
    released = sa.and_(Offer.validation == OfferValidation.APPROVED, Offer.publication_datetime <= moment)
    rows = await session.execute(
        select(
            ids,
            sa.exists().where(Offer.venue_id == ids),
            sa.exists().where(Offer.venue_id == ids, released),
            sa.exists().where(Offer.venue_id == ids, Offer.subcategory_id.in_(EVENT_SUBCATEGORIES)),
            sa.exists().where(VenueProvider.venue_id == ids),
        )
    )
    return {row[0]: VenueOffers(*row[1:]) for row in rows}


async def published_and_pending(
    session: AsyncSession, *, venue_id: int | None = None, offerer_id: int | None = None
) -> tuple[int, int]:
    """How many offers are published, and how many wait for a review, each counted up to 500."""
    scope = Offer.venue_id == venue_id
    if offerer_id is not None:
        scope = Offer.venue_id.in_(select(Venue.id).where(Venue.managing_offerer_id == offerer_id))
    published = sa.and_(Offer.validation == OfferValidation.APPROVED, Offer.publication_datetime <= now())
    pending = Offer.validation == OfferValidation.PENDING
    counts = [
        select(func.count())
        .select_from(select(Offer.id).where(scope, condition).limit(STATISTICS_CAP).subquery())
        .scalar_subquery()
        for condition in (published, pending)
    ]
    first, second = (await session.execute(select(*counts))).one()
    return first, second
