"""What the desk reads about the booking in front of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bookings.booking.models import Booking
from bookings.booking_list.queries import Reader, is_visible_to
from bookings.booking_list.rules import zone_name
from bookings.desk.rules import Presented
from bookings.inventory.models import ActivationCode
from bookings.replicas.models import OffererReplica, OfferReplica, StockReplica, UserReplica, VenueReplica


@dataclass(frozen=True, slots=True)
class Counter:
    """A booking as the desk shows it. `price_cents` is the price of one; `timezone` is where the offer takes place."""

    booking_id: int
    presented: Presented
    quantity: int
    price_cents: int
    price_category_label: str | None
    beginning_datetime: datetime | None
    offer_id: int
    offer_name: str
    ean: str | None
    street: str | None
    department_code: str | None
    timezone: str
    venue_name: str
    email: str
    first_name: str | None
    last_name: str | None
    birth_date: date | None
    phone_number: str | None


async def booking_at_desk(session: AsyncSession, reader: Reader, token: str, *, lock: bool = False) -> Counter | None:
    """The booking of a counter-mark, None when there is none or when it is another structure's.

    With `lock`, it stays as it is until the transaction ends: whoever comes second decides on what the first has done.
    """
    statement = (
        select(
            Booking,
            StockReplica.beginning_datetime,
            OfferReplica.id.label("offer_id"),
            OfferReplica.name.label("offer_name"),
            OfferReplica.ean,
            OfferReplica.url,
            OfferReplica.is_event,
            func.coalesce(OfferReplica.address, VenueReplica.address).label("address"),
            OfferReplica.timezone.label("offer_timezone"),
            VenueReplica.timezone.label("venue_timezone"),
            func.coalesce(func.nullif(VenueReplica.public_name, ""), VenueReplica.name).label("venue_name"),
            OffererReplica.validation_status.label("offerer_status"),
            UserReplica.email,
            UserReplica.first_name,
            UserReplica.last_name,
            UserReplica.birth_date,
            UserReplica.phone_number,
            exists().where(ActivationCode.booking_id == Booking.id).label("has_activation_code"),
        )
        .join(StockReplica, StockReplica.id == Booking.stock_id)
        .join(OfferReplica, OfferReplica.id == Booking.offer_id)
        .join(VenueReplica, VenueReplica.id == Booking.venue_id)
        .join(OffererReplica, OffererReplica.id == Booking.offerer_id)
        .join(UserReplica, UserReplica.id == Booking.user_id)
        .where(Booking.token == token, is_visible_to(reader))
        .execution_options(populate_existing=True)
    )
    if lock:
        statement = statement.with_for_update(of=Booking)
    row = (await session.execute(statement)).one_or_none()
    return _counter(row) if row is not None else None


def _counter(row: Row[*tuple[Any, ...]]) -> Counter:
    booking: Booking = row.Booking
    address: dict[str, Any] = row.address or {}
    return Counter(
        booking_id=booking.id,
        presented=Presented(
            status=booking.status,
            is_event=row.is_event,
            cancellation_limit_date=booking.cancellation_limit_date,
            is_offerer_closed=row.offerer_status == "CLOSED",
            has_activation_code=bool(row.url) and row.has_activation_code,
        ),
        quantity=booking.quantity,
        price_cents=booking.amount_cents,
        price_category_label=booking.price_category_label,
        beginning_datetime=row.beginning_datetime,
        offer_id=row.offer_id,
        offer_name=row.offer_name,
        ean=row.ean,
        street=address.get("street"),
        department_code=address.get("department_code"),
        timezone=zone_name(row.offer_timezone, row.venue_timezone),
        venue_name=row.venue_name,
        email=row.email,
        first_name=row.first_name,
        last_name=row.last_name,
        birth_date=row.birth_date,
        phone_number=row.phone_number,
    )
