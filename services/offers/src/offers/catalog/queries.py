"""Reads offers as the public sees them: one statement, whatever the number of offers.

The statement is made once, at import: SQLAlchemy takes longer to recognise a statement of this size than PostgreSQL to
answer it.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by, psycopg
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from offers.catalog.values import Artist, Image, Place, PublicOffer, PublicStock, PublicVenue, Video
from offers.images.keys import mediation_key, product_image_key
from offers.images.models import Mediation
from offers.offerers.models import Offerer
from offers.offerers.values import ValidationStatus
from offers.offers.models import ArtistOfferLink, HeadlineOffer, Offer, OfferMetaData
from offers.offers.values import OfferValidation
from offers.products.models import Product, ProductMediation
from offers.reactions.models import BookingReplica, Reaction
from offers.reactions.values import ReactionType
from offers.replicas.models import InventoryReplica
from offers.stocks.models import ActivationCode, PriceCategory, PriceCategoryLabel, Stock
from offers.venues.models import Address, OffererAddress, OpeningHours, Venue
from offers.venues.values import LocationType
from shared.database import Database, read_row

BOOKINGS_WINDOW = timedelta(days=30)

_place = aliased(OffererAddress, name="place")
_address = aliased(Address, name="offer_address")
_venue_place = aliased(OffererAddress, name="venue_place")
_venue_address = aliased(Address, name="venue_address")
_mediation = (
    sa.select(Mediation.id, Mediation.thumb_count, Mediation.credit)
    .where(Mediation.offer_id == Offer.id, Mediation.is_active, Mediation.thumb_count > 0)
    .order_by(Mediation.id.desc())
    .limit(1)
    .lateral("shown_mediation")
)


def _listed(columns: dict[str, Any], order_by: Any, *conditions: Any) -> Any:
    """The rows of a small related table as one JSON array, in the order of `order_by`."""
    pairs = [item for name, column in columns.items() for item in (sa.literal_column(f"'{name}'"), column)]
    rows = sa.func.json_agg(aggregate_order_by(sa.func.json_build_object(*pairs), order_by))
    return sa.select(rows).where(*conditions).scalar_subquery()


def _place_columns(prefix: str, location: Any, address: Any) -> list[Any]:
    columns = [getattr(address, n) for n in ("street", "postal_code", "city", "latitude", "longitude")]
    columns += [address.department_code, address.timezone]
    return [location.label.label(f"{prefix}label"), *(column.label(prefix + column.key) for column in columns)]


def _own_or_product(own: Any, of_product: Any) -> Any:
    return sa.case((Offer.product_id.is_(None), own), else_=of_product)


_OFFERS = (
    sa.select(
        Offer.id,
        Offer.name,
        _own_or_product(Offer.own_description, Product.description).label("description"),
        _own_or_product(Offer.own_duration_minutes, Product.duration_minutes).label("duration_minutes"),
        _own_or_product(Offer.own_extra_data, Product.extra_data).label("extra_data"),
        sa.func.coalesce(Offer.ean, Product.ean).label("ean"),
        Offer.subcategory_id,
        Offer.product_id,
        Offer.url,
        Offer.external_ticket_office_url,
        Offer.is_duo,
        Offer.audio_disability_compliant,
        Offer.mental_disability_compliant,
        Offer.motor_disability_compliant,
        Offer.visual_disability_compliant,
        Offer.withdrawal_details,
        Offer.validation,
        Offer.publication_datetime,
        Offer.booking_allowed_datetime,
        Venue.id.label("venue_id"),
        Venue.name.label("venue_name"),
        Venue.public_name,
        Venue.is_permanent,
        Venue.is_open_to_public,
        Venue.banner_url,
        Offerer.id.label("offerer_id"),
        Offerer.name.label("offerer_name"),
        sa.and_(Offerer.is_active, Offerer.validation_status == ValidationStatus.VALIDATED).label("is_offerer_active"),
        *_place_columns("place_", _place, _address),
        *_place_columns("venue_place_", _venue_place, _venue_address),
        _mediation.c.id.label("mediation_id"),
        _mediation.c.thumb_count,
        _mediation.c.credit,
        OfferMetaData.video_external_id,
        OfferMetaData.video_title,
        OfferMetaData.video_thumbnail_url,
        OfferMetaData.video_duration,
        _listed(
            {"kind": ProductMediation.image_type, "uuid": ProductMediation.uuid},
            ProductMediation.id,
            ProductMediation.product_id == Offer.product_id,
        ).label("product_images"),
        _listed(
            {
                "id": ArtistOfferLink.artist_id,
                "name": ArtistOfferLink.custom_name,
                "role": ArtistOfferLink.artist_type,
            },
            ArtistOfferLink.id,
            ArtistOfferLink.offer_id == Offer.id,
            ArtistOfferLink.custom_name.is_not(None),
        ).label("artists"),
        _listed(
            {"day": OpeningHours.weekday, "spans": OpeningHours.timespan},
            OpeningHours.id,
            OpeningHours.offer_id == Offer.id,
        ).label("opening_hours"),
        sa.exists()
        .where(
            HeadlineOffer.offer_id == Offer.id,
            HeadlineOffer.timespan.contains(sa.bindparam("now", type_=sa.DateTime(True))),
        )
        .label("is_headline"),
        sa.case(
            (Offer.product_id.is_not(None), Product.likes_count),
            else_=sa.select(sa.func.count())
            .where(Reaction.offer_id == Offer.id, Reaction.reaction_type == ReactionType.LIKE)
            .scalar_subquery(),
        ).label("likes"),
        sa.case(
            (Offer.product_id.is_not(None), sa.func.coalesce(Product.last_30_days_booking, 0)),
            else_=sa.select(sa.func.count())
            .where(
                BookingReplica.offer_id == Offer.id,
                BookingReplica.date_created > sa.bindparam("since", type_=sa.DateTime(True)),
                BookingReplica.status != "CANCELLED",
            )
            .scalar_subquery(),
        ).label("last_30_days_bookings"),
    )
    .join(Venue, Venue.id == Offer.venue_id)
    .join(Offerer, Offerer.id == Venue.managing_offerer_id)
    .outerjoin(Product, Product.id == Offer.product_id)
    .outerjoin(_place, _place.id == Offer.offerer_address_id)
    .outerjoin(_address, _address.id == _place.address_id)
    .outerjoin(
        _venue_place, sa.and_(_venue_place.venue_id == Venue.id, _venue_place.type == LocationType.VENUE_LOCATION)
    )
    .outerjoin(_venue_address, _venue_address.id == _venue_place.address_id)
    .outerjoin(OfferMetaData, OfferMetaData.offer_id == Offer.id)
    .outerjoin(_mediation, sa.true())
)

_stocks = (
    sa.select(
        sa.func.json_agg(
            aggregate_order_by(
                sa.func.json_build_array(
                    Stock.id,
                    Stock.price_cents,
                    Stock.quantity,
                    sa.func.coalesce(InventoryReplica.booked_quantity, 0),
                    Stock.beginning_datetime,
                    Stock.booking_limit_datetime,
                    Stock.features,
                    PriceCategoryLabel.label,
                    sa.exists().where(ActivationCode.stock_id == Stock.id),
                    sa.select(sa.func.min(ActivationCode.expiration_date))
                    .where(ActivationCode.stock_id == Stock.id)
                    .scalar_subquery(),
                ),
                Stock.beginning_datetime,
                Stock.id,
            )
        )
    )
    .outerjoin(InventoryReplica, InventoryReplica.id == Stock.id)
    .outerjoin(PriceCategory, PriceCategory.id == Stock.price_category_id)
    .outerjoin(PriceCategoryLabel, PriceCategoryLabel.id == PriceCategory.price_category_label_id)
    .where(Stock.offer_id == Offer.id, ~Stock.is_soft_deleted)
    .correlate(Offer)
    .scalar_subquery()
)

_WANTED = _OFFERS.add_columns(_stocks.label("stocks")).where(
    Offer.id == sa.func.any(sa.bindparam("ids", type_=ARRAY(sa.BigInteger))),
    sa.or_(sa.bindparam("any_validation", type_=sa.Boolean), Offer.validation == OfferValidation.APPROVED),
)
_compiled = _WANTED.compile(dialect=psycopg.dialect())
_SQL = str(_compiled)
# Members of enumerations as the plain strings that they are: psycopg has views of its own on enumerations.
_CONSTANTS = {
    name: str(value) if isinstance(value, str) else value
    for name, value in _compiled.params.items()
    if value is not None
}
Row = namedtuple("Row", [column.name for column in _WANTED.selected_columns])  # type: ignore[misc]


def _values(offer_ids: Sequence[int], now: datetime, *, approved_only: bool = True) -> dict[str, Any]:
    asked = {"ids": list(offer_ids), "any_validation": not approved_only}
    return {**_CONSTANTS, **asked, "now": now, "since": now - BOOKINGS_WINDOW}


async def offers_by_id(
    session: AsyncSession, offer_ids: Sequence[int], now: datetime, *, approved_only: bool = True
) -> dict[int, PublicOffer]:
    """Those of the offers that exist and are approved, by id, with their stocks in the order of their dates."""
    if not offer_ids:
        return {}
    await session.flush()
    connection = await session.connection()
    rows = await connection.exec_driver_sql(_SQL, _values(offer_ids, now, approved_only=approved_only))
    return {row[0]: _offer(Row._make(row)) for row in rows}


async def offer_by_id(session: AsyncSession, offer_id: int, now: datetime) -> PublicOffer | None:
    """An approved offer; None when it is unknown or not approved."""
    return (await offers_by_id(session, [offer_id], now)).get(offer_id)


async def read_offer(database: Database, offer_id: int, now: datetime) -> PublicOffer | None:
    """`offer_by_id` in one round trip, without a session."""
    row = await read_row(database, _SQL.encode(), _values([offer_id], now))
    return _offer(Row._make(row)) if row is not None else None


async def is_approved(session: AsyncSession, offer_id: int) -> bool:
    """Whether there is such an offer for the public, published or not."""
    query = sa.select(sa.exists().where(Offer.id == offer_id, Offer.validation == OfferValidation.APPROVED))
    return bool(await session.scalar(query))


async def subcategory_of(session: AsyncSession, offer_id: int) -> str | None:
    """The subcategory of an approved offer."""
    query = sa.select(Offer.subcategory_id).where(Offer.id == offer_id, Offer.validation == OfferValidation.APPROVED)
    return (await session.execute(query)).scalar_one_or_none()


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text is not None else None


def _stock(row: list[Any]) -> PublicStock:
    id_, price, quantity, booked, beginning, limit, features, label, has_code, expiration = row
    return PublicStock(
        *(id_, price, quantity, booked, _moment(beginning), _moment(limit)),
        *(features, label, has_code, _moment(expiration)),
    )


def _place_of(row: Any, prefix: str) -> Place | None:
    values: dict[str, Any] = {name: getattr(row, prefix + name) for name in Place.__slots__}
    if values["latitude"] is None:
        return None
    values |= {"latitude": float(values["latitude"]), "longitude": float(values["longitude"])}
    return Place(**values)


def _images(row: Any) -> dict[str, Image]:
    """The partner's image when there is one, else those of the product."""
    if row.mediation_id is not None:
        return {"recto": Image(mediation_key(row.mediation_id, row.thumb_count), row.credit)}
    return {image["kind"]: Image(product_image_key(image["uuid"])) for image in row.product_images or []}


def _video(row: Any) -> Video | None:
    if not row.video_external_id:
        return None
    return Video(row.video_external_id, row.video_title, row.video_thumbnail_url, row.video_duration)


_BUILT = ("venue", "place", "images", "artists", "video", "opening_hours", "stocks", "extra_data", "validation")
_OWN = tuple(name for name in PublicOffer.__slots__ if name not in _BUILT)


def _offer(row: Any) -> PublicOffer:
    own: dict[str, Any] = {name: getattr(row, name) for name in _OWN}
    return PublicOffer(
        **own,
        validation=OfferValidation(row.validation),
        extra_data=row.extra_data or {},
        venue=PublicVenue(
            id=row.venue_id,
            name=row.venue_name,
            public_name=row.public_name,
            is_permanent=row.is_permanent,
            is_open_to_public=row.is_open_to_public,
            banner_url=row.banner_url,
            offerer_id=row.offerer_id,
            offerer_name=row.offerer_name,
            is_offerer_active=row.is_offerer_active,
            place=_place_of(row, "venue_place_"),
        ),
        place=_place_of(row, "place_"),
        images=_images(row),
        artists=[Artist(**artist) for artist in row.artists or []],
        video=_video(row),
        opening_hours={hours["day"]: hours["spans"] for hours in row.opening_hours or []},
        stocks=[_stock(stock) for stock in row.stocks or []],
    )
