"""The portal's list of offers: filtered in SQL, at most 101 rows (offers rules: list)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload, selectinload

from offers.categories.tables import subcategories_of_category
from offers.offerers.models import UserOfferer
from offers.offerers.values import ValidationStatus
from offers.offers import rules
from offers.offers.models import Offer
from offers.offers.values import OfferStatus, OfferValidation
from offers.products.models import Product
from offers.replicas.models import InventoryReplica
from offers.stocks.models import Stock
from offers.venues.models import OffererAddress, Venue
from shared.clock import now

ALL = "ALL"
# Shorter searches match the beginning of a name alone: inside it they would match nearly everything.
_SUBSTRING_FROM = 4


@dataclass(frozen=True)
class Filters:
    """`status` and `creation_mode` as the page sends them; an unknown word matches nothing."""

    name_or_isbn: str | None = None
    offerer_id: int | None = None
    venue_id: int | None = None
    category_id: str | None = None
    status: str | None = None
    creation_mode: str | None = None
    period_beginning: date | None = None
    period_ending: date | None = None
    offerer_address_id: int | None = None


def _stock_exists(*conditions: Any) -> Any:
    return sa.exists().where(Stock.offer_id == Offer.id, Stock.is_soft_deleted.is_(False), *conditions)


def _has_some_left(moment: datetime) -> Any:
    booked = (
        select(InventoryReplica.booked_quantity)
        .where(InventoryReplica.id == Stock.id)
        .correlate(Stock)
        .scalar_subquery()
    )
    return _stock_exists(
        sa.or_(Stock.beginning_datetime.is_(None), Stock.beginning_datetime > moment),
        sa.or_(Stock.quantity.is_(None), Stock.quantity > sa.func.coalesce(booked, 0)),
    )


def status_condition(status: str, moment: datetime) -> Any:
    """The rows whose status is this one; the same ladder as `rules.status`, in SQL."""
    approved = Offer.validation == OfferValidation.APPROVED
    published = sa.and_(approved, Offer.publication_datetime <= moment)
    closed = sa.and_(published, Offer.booking_allowed_datetime > moment)
    opened = sa.and_(
        published, sa.or_(Offer.booking_allowed_datetime.is_(None), Offer.booking_allowed_datetime <= moment)
    )
    still_open = _stock_exists(sa.or_(Stock.booking_limit_datetime.is_(None), Stock.booking_limit_datetime > moment))
    expired = sa.and_(opened, _stock_exists(), sa.not_(still_open))
    current = sa.and_(opened, sa.or_(sa.not_(_stock_exists()), still_open))
    conditions = {
        OfferStatus.DRAFT: Offer.validation == OfferValidation.DRAFT,
        OfferStatus.PENDING: Offer.validation == OfferValidation.PENDING,
        OfferStatus.REJECTED: Offer.validation == OfferValidation.REJECTED,
        OfferStatus.INACTIVE: sa.and_(approved, Offer.publication_datetime.is_(None)),
        OfferStatus.SCHEDULED: sa.and_(approved, Offer.publication_datetime > moment),
        OfferStatus.PUBLISHED: closed,
        OfferStatus.EXPIRED: expired,
        OfferStatus.SOLD_OUT: sa.and_(current, sa.not_(_has_some_left(moment))),
        OfferStatus.ACTIVE: sa.and_(current, _has_some_left(moment)),
    }
    return conditions[OfferStatus(status)] if status in OfferStatus.__members__ else sa.false()


def _name_condition(text: str) -> Any:
    ean = rules.ean_searched(text)
    if ean is not None:
        return Offer.ean == ean
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return Offer.name.ilike(f"%{escaped}%" if len(text) >= _SUBSTRING_FROM else f"{escaped}%", escape="\\")


def _day(day: date, *, end: bool = False) -> datetime:
    start = datetime.combine(day, time.min, UTC)
    return start + timedelta(days=1) if end and day < date.max else start


def _conditions(filters: Filters, moment: datetime) -> list[Any]:
    found: list[Any] = []
    if filters.name_or_isbn:
        found.append(_name_condition(filters.name_or_isbn))
    if filters.offerer_id is not None:
        found.append(Venue.managing_offerer_id == filters.offerer_id)
    if filters.venue_id is not None:
        found.append(Offer.venue_id == filters.venue_id)
    if filters.category_id and filters.category_id != ALL:
        found.append(Offer.subcategory_id.in_(sorted(subcategories_of_category(filters.category_id))))
    if filters.status and filters.status != ALL:
        found.append(status_condition(filters.status, moment))
    if filters.creation_mode and filters.creation_mode != ALL:
        imported = filters.creation_mode == "imported"
        found.append(Offer.last_provider_id.is_not(None) if imported else Offer.last_provider_id.is_(None))
    if filters.offerer_address_id is not None:
        found.append(Offer.offerer_address_id == filters.offerer_address_id)
    bounds = []
    if filters.period_beginning is not None:
        bounds.append(Stock.beginning_datetime >= _day(filters.period_beginning))
    if filters.period_ending is not None:
        bounds.append(Stock.beginning_datetime < _day(filters.period_ending, end=True))
    if bounds:
        found.append(_stock_exists(*bounds))
    return found


def _of_user(user_id: int, filters: Filters, moment: datetime) -> Any:
    """Offers of the offerers that the user's validated attachments give access to; no shortcut for administrators."""
    return (
        select(Offer.id)
        .join(Venue, Venue.id == Offer.venue_id)
        .join(UserOfferer, UserOfferer.offerer_id == Venue.managing_offerer_id)
        .where(
            UserOfferer.user_id == user_id,
            UserOfferer.validation_status == ValidationStatus.VALIDATED,
            *_conditions(filters, moment),
        )
    )


async def list_offers(session: AsyncSession, user_id: int, filters: Filters) -> Sequence[Offer]:
    """The newest 101 offers at most, loaded with what a line shows, newest first."""
    ids = _of_user(user_id, filters, now()).order_by(Offer.id.desc()).limit(rules.LIST_LIMIT).subquery()
    statement = (
        select(Offer)
        .where(Offer.id.in_(select(ids.c.id)))
        .order_by(Offer.id.desc())
        .options(
            joinedload(Offer.venue).options(
                joinedload(Venue.managing_offerer),
                joinedload(Venue.offerer_address).joinedload(OffererAddress.address),
            ),
            joinedload(Offer.offerer_address).joinedload(OffererAddress.address),
            joinedload(Offer.product).selectinload(Product.product_mediations),
            joinedload(Offer.last_provider),
            selectinload(Offer.stocks).joinedload(Stock.inventory),
            selectinload(Offer.mediations),
            selectinload(Offer.headline_offers),
        )
    )
    return (await session.execute(statement)).scalars().all()


async def matching_ids(session: AsyncSession, user_id: int, filters: Filters) -> Sequence[int]:
    """Every offer that the filters match, however many."""
    return (await session.execute(_of_user(user_id, filters, now()))).scalars().all()
