"""What bookings keeps of a person, each in one statement."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bookings.booking.models import Booking
from bookings.replicas.models import OffererReplica, OfferReplica, StockReplica, VenueReplica
from bookings.wallet.models import Wallet


async def bookings_of(session: AsyncSession, user_id: int) -> list[dict[str, Any]]:
    """Every booking of a person, newest first, with what it was for."""
    rows = await session.execute(
        select(
            Booking.id,
            Booking.token,
            Booking.status,
            Booking.quantity,
            Booking.amount_cents.label("amount"),
            (Booking.amount_cents * Booking.quantity).label("total_amount"),
            Booking.price_category_label,
            Booking.date_created,
            Booking.date_used,
            Booking.cancellation_date,
            Booking.cancellation_reason,
            Booking.reimbursement_date,
            StockReplica.beginning_datetime,
            Booking.offer_id,
            OfferReplica.name.label("offer_name"),
            OfferReplica.subcategory_label,
            func.coalesce(func.nullif(VenueReplica.public_name, ""), VenueReplica.name).label("venue_name"),
            OffererReplica.name.label("offerer_name"),
        )
        .join(StockReplica, StockReplica.id == Booking.stock_id)
        .join(OfferReplica, OfferReplica.id == Booking.offer_id)
        .join(VenueReplica, VenueReplica.id == Booking.venue_id)
        .join(OffererReplica, OffererReplica.id == Booking.offerer_id)
        .where(Booking.user_id == user_id)
        .order_by(Booking.id.desc())
    )
    return [dict(row) for row in rows.mappings()]


async def wallets_of(session: AsyncSession, user_id: int) -> list[dict[str, Any]]:
    rows = await session.execute(
        select(
            Wallet.id,
            Wallet.type,
            Wallet.credit_cents.label("credit"),
            Wallet.spent_cents.label("spent"),
            Wallet.expiration_date,
        )
        .where(Wallet.user_id == user_id)
        .order_by(Wallet.id)
    )
    return [dict(row) for row in rows.mappings()]
