"""Reads of offers for their partners."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload, selectinload
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.orm.interfaces import ORMOption

from offers.offerers.access import check_access
from offers.offers.models import Offer
from offers.products.models import Product
from offers.stocks.models import PriceCategory, Stock
from offers.venues.models import OffererAddress, OpeningHours, Venue
from offers.venues.values import Weekday
from shared.errors import ApiError, not_found
from shared.identity import Principal

_UNKNOWN = "Aucun objet ne correspond à cet identifiant dans notre base de données"


def _place() -> list[ORMOption]:
    return [
        joinedload(Offer.venue).options(
            joinedload(Venue.managing_offerer),
            joinedload(Venue.offerer_address).joinedload(OffererAddress.address),
        ),
        joinedload(Offer.offerer_address).joinedload(OffererAddress.address),
    ]


def _stocks() -> ORMOption:
    return selectinload(Offer.stocks).options(
        joinedload(Stock.inventory),
        joinedload(Stock.price_category).joinedload(PriceCategory.price_category_label),
    )


def _details() -> list[ORMOption]:
    """Everything that an offer's page in the portal shows, in a bounded number of statements; its stocks apart."""
    return [
        *_place(),
        joinedload(Offer.product).selectinload(Product.product_mediations),
        joinedload(Offer.last_provider),
        selectinload(Offer.price_categories).joinedload(PriceCategory.price_category_label),
        selectinload(Offer.mediations),
        joinedload(Offer.meta_data),
        selectinload(Offer.headline_offers),
        selectinload(Offer.artist_offer_links),
    ]


async def _find(session: AsyncSession, offer_id: int, *, lock: bool) -> Offer | None:
    statement: Any = select(Offer).where(Offer.id == offer_id).options(*_details(), _stocks())
    if lock:
        # Loaded after the lock is held: what is read is what stays true until the transaction ends.
        await session.execute(select(Offer.id).where(Offer.id == offer_id).with_for_update(key_share=True))
    return (await session.execute(statement, execution_options={"populate_existing": True})).scalar_one_or_none()


async def whole_offer(session: AsyncSession, offer_id: int) -> Offer:
    """An offer that is known to exist, with all its parts, read anew."""
    await session.flush()
    offer = await _find(session, offer_id, lock=False)
    assert offer is not None  # noqa: S101 - the caller holds it
    return offer


async def offer_or_404(
    session: AsyncSession,
    user: Principal,
    offer_id: int,
    *,
    lock: bool = False,
    missing: ApiError | None = None,
) -> Offer:
    """An offer with all its parts, for somebody who may act for its offerer.

    404 `global` (or `missing`), 403 `global`. With `lock`, no other transaction changes it until this one ends.
    """
    offer = await _find(session, offer_id, lock=lock)
    if offer is None:
        raise missing or not_found("global", _UNKNOWN)
    await check_access(session, user, offer.venue.managing_offerer_id)
    return offer


@dataclass(frozen=True, slots=True)
class StockLine:
    """What an offer's page asks of each of its stocks, of which there may be thousands."""

    price_cents: int
    quantity: int | None
    booked_quantity: int
    beginning_datetime: datetime | None
    booking_limit_datetime: datetime | None
    is_soft_deleted: bool


_LINES = text("""
    SELECT price_cents, stock.quantity, coalesce(booked_quantity, 0), beginning_datetime, booking_limit_datetime,
           is_soft_deleted
    FROM stock LEFT JOIN inventory_replica ON inventory_replica.id = stock.id
    WHERE stock.offer_id = :offer_id ORDER BY stock.id
""")


async def shown_offer_or_404(session: AsyncSession, user: Principal, offer_id: int) -> Offer:
    """`offer_or_404` to be shown and not to be changed: its stocks are lines, not objects of the session."""
    statement = select(Offer).where(Offer.id == offer_id).options(*_details())
    offer = (await session.execute(statement)).scalar_one_or_none()
    if offer is None:
        raise not_found("global", _UNKNOWN)
    await check_access(session, user, offer.venue.managing_offerer_id)
    rows = await session.execute(_LINES, {"offer_id": offer_id})
    set_committed_value(offer, "stocks", [StockLine(*row) for row in rows])
    return offer


async def opening_hours_of(session: AsyncSession, offer_id: int) -> dict[Weekday, list[list[int]] | None]:
    """An offer's hours, minutes since midnight by weekday."""
    rows = await session.execute(
        select(OpeningHours.weekday, OpeningHours.timespan).where(OpeningHours.offer_id == offer_id)
    )
    return {row.weekday: row.timespan for row in rows}


async def active_offer_by_ean(session: AsyncSession, venue_id: int, ean: str, moment: datetime) -> Offer | None:
    """The newest offer of a venue that is out under this EAN, with all its parts."""
    statement = (
        select(Offer)
        .where(Offer.venue_id == venue_id, Offer.ean == ean, Offer.publication_datetime <= moment)
        .order_by(Offer.id.desc())
        .limit(1)
        .options(*_details(), _stocks())
    )
    return (await session.execute(statement)).scalar_one_or_none()
