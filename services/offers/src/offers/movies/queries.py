"""Reads screenings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from offers.movies.rules import Screening, Viewer
from offers.offerers.models import Offerer
from offers.offerers.values import ValidationStatus
from offers.offers.models import Offer
from offers.offers.values import OfferValidation
from offers.products.models import Product
from offers.reactions.models import BookingReplica
from offers.replicas.models import InventoryReplica, UserReplica
from offers.stocks.models import Stock
from offers.venues.models import Address, OffererAddress, Venue
from offers.venues.values import LocationType
from shared.geography import METROPOLITAN_TIMEZONE

CINEMA = "SEANCE_CINE"
BENEFICIARY_ROLES = frozenset({"BENEFICIARY", "UNDERAGE_BENEFICIARY", "FREE_BENEFICIARY"})


@dataclass(frozen=True, slots=True)
class Showing:
    """A screening and where it is."""

    screening: Screening
    venue_id: int
    label: str
    address: str
    latitude: float | None
    longitude: float | None
    timezone: str
    banner_url: str | None


_place = aliased(OffererAddress)
_venue_place = aliased(OffererAddress)

_SHOWINGS = (
    sa.select(
        Stock.id.label("stock_id"),
        Stock.price_cents,
        Stock.features,
        Stock.beginning_datetime,
        Stock.booking_limit_datetime,
        Stock.quantity,
        sa.func.coalesce(InventoryReplica.booked_quantity, 0).label("booked_quantity"),
        Offer.id.label("offer_id"),
        Offer.product_id,
        Offer.booking_allowed_datetime,
        Venue.id.label("venue_id"),
        sa.func.coalesce(sa.func.nullif(Venue.public_name, ""), Venue.name).label("venue_name"),
        Venue.banner_url,
        _place.label.label("place_label"),
        Address.street,
        Address.postal_code,
        Address.city,
        Address.latitude,
        Address.longitude,
        sa.func.coalesce(Address.timezone, METROPOLITAN_TIMEZONE).label("timezone"),
    )
    .join(Offer, Offer.id == Stock.offer_id)
    .join(Venue, Venue.id == Offer.venue_id)
    .join(Offerer, Offerer.id == Venue.managing_offerer_id)
    .outerjoin(InventoryReplica, InventoryReplica.id == Stock.id)
    .outerjoin(_place, _place.id == Offer.offerer_address_id)
    .outerjoin(
        _venue_place, sa.and_(_venue_place.venue_id == Venue.id, _venue_place.type == LocationType.VENUE_LOCATION)
    )
    .outerjoin(Address, Address.id == sa.func.coalesce(_place.address_id, _venue_place.address_id))
    .where(
        ~Stock.is_soft_deleted,
        Offer.subcategory_id == CINEMA,
        Offer.validation == OfferValidation.APPROVED,
        Offerer.is_active,
        Offerer.validation_status == ValidationStatus.VALIDATED,
    )
    .order_by(Stock.beginning_datetime, Stock.id)
)


async def product_of_film(session: AsyncSession, *, allocine_id: str | None, visa: str | None) -> int | None:
    """The product of a film, by its number at Allociné or by its visa."""
    # Spelled as the indexes are.
    if allocine_id is not None:
        condition = sa.literal_column("(product.extra_data ->> 'allocineId')") == allocine_id
    else:
        condition = sa.literal_column("(product.extra_data ->> 'visa')") == visa
    query = sa.select(Product.id).where(condition)
    return (await session.execute(query)).scalars().first()


async def showings_of_film(
    session: AsyncSession, product_id: int, first: datetime, last: datetime, now: datetime
) -> list[Showing]:
    """The screenings of a film between two moments, everywhere."""
    return await _showings(session, Offer.product_id == product_id, first, last, now)


async def showings_of_venue(
    session: AsyncSession, venue_id: int, first: datetime, last: datetime, now: datetime
) -> list[Showing]:
    """The screenings of a venue between two moments."""
    return await _showings(session, Offer.venue_id == venue_id, first, last, now)


async def _showings(
    session: AsyncSession, condition: sa.ColumnElement[bool], first: datetime, last: datetime, now: datetime
) -> list[Showing]:
    rows = await session.execute(
        _SHOWINGS.where(
            condition,
            Offer.publication_datetime <= now,
            Stock.beginning_datetime > now,
            Stock.beginning_datetime.between(first, last),
        )
    )
    return [_showing(row, now) for row in rows]


def _showing(row: Any, now: datetime) -> Showing:
    held_back = row.booking_allowed_datetime is not None and row.booking_allowed_datetime > now
    over = row.booking_limit_datetime is not None and row.booking_limit_datetime <= now
    screening = Screening(
        stock_id=row.stock_id,
        offer_id=row.offer_id,
        product_id=row.product_id,
        price_cents=row.price_cents,
        features=row.features,
        beginning=row.beginning_datetime,
        is_open=not held_back and not over,
        is_sold_out=row.quantity is not None and row.booked_quantity >= row.quantity,
    )
    return Showing(
        screening=screening,
        venue_id=row.venue_id,
        label=row.place_label or row.venue_name,
        address=" ".join(part for part in (row.street, row.postal_code, row.city) if part),
        latitude=float(row.latitude) if row.latitude is not None else None,
        longitude=float(row.longitude) if row.longitude is not None else None,
        timezone=row.timezone,
        banner_url=row.banner_url,
    )


async def viewer(session: AsyncSession, user_id: int) -> Viewer:
    """What is known here of somebody who looks at a calendar."""
    roles = await session.scalar(sa.select(UserReplica.roles).where(UserReplica.id == user_id))
    rows = (
        await session.execute(
            sa.select(BookingReplica.offer_id, BookingReplica.product_id).where(
                BookingReplica.user_id == user_id,
                BookingReplica.subcategory_id == CINEMA,
                BookingReplica.status != "CANCELLED",
            )
        )
    ).all()
    return Viewer(
        is_beneficiary=bool(BENEFICIARY_ROLES & set(roles or ())),
        booked_offers=frozenset(row.offer_id for row in rows),
        has_booked_product=frozenset(row.product_id for row in rows if row.product_id is not None),
    )
