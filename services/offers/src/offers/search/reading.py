"""What the index must know of offers, read in two statements whatever their number."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from offers.images.models import Mediation
from offers.offerers.models import Offerer
from offers.offerers.values import ValidationStatus
from offers.offers.models import ArtistOfferLink, Offer
from offers.offers.values import OfferValidation
from offers.products.models import Product, ProductMediation
from offers.replicas.models import InventoryReplica
from offers.search.rules import StockFacts
from offers.stocks.models import Stock
from offers.venues.models import Address, OffererAddress, Venue
from offers.venues.values import LocationType


@dataclass(frozen=True, slots=True)
class OfferFacts:
    """An offer as the index sees it. `coordinates` are degrees, of the offer's place, else of its venue."""

    offer_id: int
    name: str
    description: str | None
    extra_data: dict[str, Any]
    artist_names: list[str]
    ean: str | None
    subcategory_id: str
    venue_id: int
    venue_name: str
    place_label: str | None
    city: str | None
    coordinates: tuple[float, float] | None
    url: str | None
    is_duo: bool
    is_approved: bool
    is_offerer_active: bool
    publication_datetime: datetime | None
    ranking_weight: int | None
    has_image: bool
    stocks: list[StockFacts]


_place = aliased(OffererAddress)
_venue_place = aliased(OffererAddress)

_OFFERS = (
    sa.select(
        Offer.id,
        Offer.name,
        sa.case((Offer.product_id.is_(None), Offer.own_description), else_=Product.description).label("description"),
        sa.case((Offer.product_id.is_(None), Offer.own_extra_data), else_=Product.extra_data).label("extra_data"),
        sa.select(sa.func.array_agg(ArtistOfferLink.custom_name))
        .where(ArtistOfferLink.offer_id == Offer.id, ArtistOfferLink.custom_name.is_not(None))
        .scalar_subquery()
        .label("artist_names"),
        sa.func.coalesce(Offer.ean, Product.ean).label("ean"),
        Offer.subcategory_id,
        Offer.venue_id,
        sa.func.coalesce(sa.func.nullif(Venue.public_name, ""), Venue.name).label("venue_name"),
        _place.label.label("place_label"),
        Address.city,
        Address.latitude,
        Address.longitude,
        Offer.url,
        Offer.is_duo,
        (Offer.validation == OfferValidation.APPROVED).label("is_approved"),
        sa.and_(Offerer.is_active, Offerer.validation_status == ValidationStatus.VALIDATED).label("is_offerer_active"),
        Offer.publication_datetime,
        Offer.ranking_weight,
        sa.or_(
            sa.exists().where(Mediation.offer_id == Offer.id, Mediation.is_active, Mediation.thumb_count > 0),
            sa.exists().where(ProductMediation.product_id == Offer.product_id),
        ).label("has_image"),
    )
    .join(Venue, Venue.id == Offer.venue_id)
    .join(Offerer, Offerer.id == Venue.managing_offerer_id)
    .outerjoin(Product, Product.id == Offer.product_id)
    .outerjoin(_place, _place.id == Offer.offerer_address_id)
    .outerjoin(
        _venue_place,
        sa.and_(_venue_place.venue_id == Venue.id, _venue_place.type == LocationType.VENUE_LOCATION),
    )
    .outerjoin(Address, Address.id == sa.func.coalesce(_place.address_id, _venue_place.address_id))
)


async def facts_of(session: AsyncSession, offer_ids: Sequence[int]) -> list[OfferFacts]:
    """The facts of those of the offers that exist."""
    stocks: dict[int, list[StockFacts]] = defaultdict(list)
    for row in await session.execute(
        sa.select(
            Stock.offer_id,
            Stock.price_cents,
            Stock.quantity,
            sa.func.coalesce(InventoryReplica.booked_quantity, 0),
            Stock.beginning_datetime,
            Stock.booking_limit_datetime,
        )
        .outerjoin(InventoryReplica, InventoryReplica.id == Stock.id)
        .where(Stock.offer_id.in_(offer_ids), ~Stock.is_soft_deleted)
    ):
        stocks[row[0]].append(StockFacts(*row[1:]))
    return [
        OfferFacts(
            offer_id=row.id,
            name=row.name,
            description=row.description,
            extra_data=row.extra_data or {},
            artist_names=row.artist_names or [],
            ean=row.ean,
            subcategory_id=row.subcategory_id,
            venue_id=row.venue_id,
            venue_name=row.venue_name,
            place_label=row.place_label,
            city=row.city,
            coordinates=(float(row.latitude), float(row.longitude)) if row.latitude is not None else None,
            url=row.url,
            is_duo=row.is_duo,
            is_approved=row.is_approved,
            is_offerer_active=row.is_offerer_active,
            publication_datetime=row.publication_datetime,
            ranking_weight=row.ranking_weight,
            has_image=row.has_image,
            stocks=stocks[row.id],
        )
        for row in await session.execute(_OFFERS.where(Offer.id.in_(offer_ids)))
    ]
