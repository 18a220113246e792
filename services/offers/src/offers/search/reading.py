"""What the index must know of offers, read in two statements whatever their number."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, psycopg
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from offers.images.models import Mediation
from offers.offerers.models import Offerer
from offers.offerers.values import ValidationStatus
from offers.offers.models import ArtistOfferLink, Offer
from offers.offers.values import OfferValidation
from offers.products.models import Product, ProductMediation
from offers.search.rules import StockFacts
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


_IDS = sa.func.any(sa.bindparam("ids", type_=ARRAY(sa.BigInteger)))
# Made once: SQLAlchemy takes longer to recognise a statement of this size than PostgreSQL to answer it.
_compiled = _OFFERS.where(Offer.id == _IDS).compile(dialect=psycopg.dialect())
_OFFERS_SQL = str(_compiled)
# Members of enumerations as the plain strings that they are: psycopg has views of its own on enumerations.
_CONSTANTS = {
    name: str(value) if isinstance(value, str) else value for name, value in _compiled.params.items() if name != "ids"
}
_STOCKS_SQL = """
    SELECT stock.offer_id, price_cents, stock.quantity, coalesce(booked_quantity, 0), beginning_datetime,
           booking_limit_datetime
    FROM stock LEFT JOIN inventory_replica ON inventory_replica.id = stock.id
    WHERE stock.offer_id = ANY (%(ids)s) AND NOT is_soft_deleted
"""


async def facts_of(session: AsyncSession, offer_ids: Sequence[int]) -> list[OfferFacts]:
    """The facts of those of the offers that exist."""
    ids = {"ids": list(offer_ids)}
    connection = await session.connection()
    stocks: dict[int, list[StockFacts]] = defaultdict(list)
    for offer_id, *facts in await connection.exec_driver_sql(_STOCKS_SQL, ids):
        stocks[offer_id].append(StockFacts(*facts))
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
        for row in await connection.exec_driver_sql(_OFFERS_SQL, {**_CONSTANTS, **ids})
    ]
