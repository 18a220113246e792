"""Reads of offerers and attachments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from offers.offerers.models import Offerer, UserOfferer
from offers.offerers.values import ValidationStatus
from offers.offers.models import HeadlineOffer, Offer
from offers.offers.values import OfferValidation
from offers.replicas.models import UserReplica
from offers.stocks.models import Stock
from offers.venues.models import Address, OffererAddress, Venue
from offers.venues.values import LocationType
from shared.clock import now
from shared.errors import not_found

REFUSED = (ValidationStatus.REJECTED, ValidationStatus.DELETED)


async def offerer_or_404(session: AsyncSession, offerer_id: int) -> Offerer:
    offerer = await session.get(Offerer, offerer_id)
    if offerer is None:
        raise not_found("global", "Cette structure n’existe pas.")
    return offerer


async def offerer_by_siren(session: AsyncSession, siren: str) -> Offerer | None:
    return (await session.execute(select(Offerer).where(Offerer.siren == siren))).scalar_one_or_none()


async def names(
    session: AsyncSession,
    user_id: int,
    *,
    validated: bool | None = None,
    validated_for_user: bool | None = None,
    offerer_id: int | None = None,
) -> Sequence[tuple[int, str]]:
    """Identifiers and names of a user's offerers, by name: active, not rejected, the attachment not refused.

    With `offerer_id`: that offerer, whoever asks.
    """
    statement = select(Offerer.id, Offerer.name).order_by(func.lower(Offerer.name), Offerer.id)
    if offerer_id is not None:
        return [(row[0], row[1]) for row in await session.execute(statement.where(Offerer.id == offerer_id))]
    statement = statement.join(UserOfferer).where(
        UserOfferer.user_id == user_id,
        UserOfferer.validation_status.not_in(REFUSED),
        Offerer.is_active,
        Offerer.validation_status.not_in((*REFUSED, ValidationStatus.CLOSED)),
    )
    for wanted, column in ((validated, Offerer), (validated_for_user, UserOfferer)):
        if wanted is not None:
            is_validated = column.validation_status == ValidationStatus.VALIDATED
            statement = statement.where(is_validated if wanted else sa.not_(is_validated))
    return [(row[0], row[1]) for row in await session.execute(statement)]


async def venues_of_offerer(session: AsyncSession, offerer_id: int) -> Sequence[Venue]:
    """The venues of an offerer by name, with their location."""
    statement = (
        select(Venue)
        .where(Venue.managing_offerer_id == offerer_id, Venue.is_soft_deleted.is_(False))
        .options(joinedload(Venue.offerer_address).joinedload(OffererAddress.address))
        .order_by(func.lower(Venue.public_name), Venue.id)
    )
    return (await session.execute(statement)).scalars().all()


async def offerer_with_venues_by_siren(session: AsyncSession, siren: str) -> tuple[Offerer, Sequence[Venue]] | None:
    """An offerer that was not rejected, with its venues."""
    offerer = await offerer_by_siren(session, siren)
    if offerer is None or offerer.validation_status in REFUSED:
        return None
    return offerer, await venues_of_offerer(session, offerer.id)


@dataclass(frozen=True)
class OffererOffers:
    """What an offerer's offers are, in yes or no."""

    has_non_draft: bool
    has_active: bool
    has_non_free: bool
    has_digital: bool
    has_headline: bool


async def offers_of_offerer(session: AsyncSession, offerer_id: int) -> OffererOffers:
    moment = now()
    here = sa.and_(Offer.venue_id == Venue.id, Venue.managing_offerer_id == offerer_id)
    released = sa.and_(Offer.validation == OfferValidation.APPROVED, Offer.publication_datetime <= moment)
    row = (
        await session.execute(
            select(
                sa.exists().where(here, Offer.validation != OfferValidation.DRAFT),
                sa.exists().where(here, released),
                sa.exists().where(
                    here, released, Stock.offer_id == Offer.id, Stock.is_soft_deleted.is_(False), Stock.price_cents > 0
                ),
                sa.exists().where(here, Venue.is_virtual),
                sa.exists().where(here, HeadlineOffer.offer_id == Offer.id, HeadlineOffer.timespan.contains(moment)),
            )
        )
    ).one()
    return OffererOffers(*row)


async def members(session: AsyncSession, offerer_id: int) -> Sequence[tuple[str, ValidationStatus]]:
    """E-mail and status of everybody attached and not refused, as far as `users` told of them."""
    rows = await session.execute(
        select(UserReplica.email, UserOfferer.validation_status)
        .join(UserReplica, UserReplica.id == UserOfferer.user_id)
        .where(UserOfferer.offerer_id == offerer_id, UserOfferer.validation_status.not_in(REFUSED))
        .order_by(UserReplica.email)
    )
    return [(row[0], row[1]) for row in rows]


async def offer_locations(session: AsyncSession, offerer_id: int, *, used_by_offers: bool) -> Sequence[OffererAddress]:
    """The locations of an offerer but its venues' own, by label; with `used_by_offers`, those that an offer has."""
    statement = (
        select(OffererAddress)
        .join(OffererAddress.address)
        .where(
            OffererAddress.offerer_id == offerer_id, OffererAddress.type.is_distinct_from(LocationType.VENUE_LOCATION)
        )
        .options(joinedload(OffererAddress.address))
        .order_by(func.lower(func.coalesce(OffererAddress.label, Address.city)), OffererAddress.id)
    )
    if used_by_offers:
        statement = statement.where(sa.exists().where(Offer.offerer_address_id == OffererAddress.id))
    return (await session.execute(statement)).scalars().all()
