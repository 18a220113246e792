"""Bookings as the world hears of them: the event's state, with a snapshot of everything around."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bookings.booking.models import Booking
from bookings.booking.rules import expiration_date
from bookings.inventory.models import ActivationCode
from bookings.replicas.models import OffererReplica, OfferReplica, StockReplica, UserReplica, VenueReplica
from shared.events.bookings import BookedBy, BookedOffer, BookedOfferer, BookedStock, BookedVenue
from shared.events.bookings import Booking as BookingState
from shared.events.offers import Subcategory


def subcategory_of(offer: Any) -> Subcategory:
    """The event's subcategory from an offer replica (or facts with the same names)."""
    return Subcategory(
        id=offer.subcategory_id,
        category_id=offer.category_id,
        label=offer.subcategory_label,
        is_event=offer.is_event,
        is_online_only=offer.is_online_only,
        is_digital_deposit=offer.is_digital_deposit,
        is_physical_deposit=offer.is_physical_deposit,
        can_expire=offer.can_expire,
        is_bookable_by_underage_when_free=offer.is_bookable_by_underage_when_free,
        is_bookable_by_underage_when_not_free=offer.is_bookable_by_underage_when_not_free,
    )


def state_of(*, booking: Any, stock: Any, offer: Any, venue: Any, offerer: Any, user: Any, code: Any) -> BookingState:
    """The state of a booking from rows, or from facts that have the columns' names. `code` may be None."""
    return BookingState.model_validate(
        {
            "id": booking.id,
            "user_id": booking.user_id,
            "stock_id": booking.stock_id,
            "offer_id": booking.offer_id,
            "venue_id": booking.venue_id,
            "offerer_id": booking.offerer_id,
            "deposit_id": booking.deposit_id,
            "token": booking.token,
            "status": str(booking.status),
            "quantity": booking.quantity,
            "amount_cents": booking.amount_cents,
            "price_category_label": booking.price_category_label,
            "date_created": booking.date_created,
            "date_used": booking.date_used,
            "cancellation_limit_date": booking.cancellation_limit_date,
            "cancellation_date": booking.cancellation_date,
            "cancellation_reason": booking.cancellation_reason,
            "validation_author_type": booking.validation_author_type,
            "expiration_date": expiration_date(
                offer.subcategory_id, can_expire=offer.can_expire, status=booking.status, created=booking.date_created
            ),
            "activation_code": code.code if code is not None else None,
            "activation_code_expiration_date": code.expiration_date if code is not None else None,
            "is_first_of_venue": booking.is_first_of_venue,
            "beneficiary": BookedBy(
                id=user.id,
                email=user.email,
                first_name=user.first_name,
                last_name=user.last_name,
                birth_date=user.birth_date,
                phone_number=user.phone_number,
                department_code=user.department_code,
            ),
            "stock": BookedStock(
                id=stock.id,
                beginning_datetime=stock.beginning_datetime,
                booking_limit_datetime=stock.booking_limit_datetime,
                features=stock.features,
            ),
            "offer": BookedOffer(
                id=offer.id,
                name=offer.name,
                subcategory=subcategory_of(offer),
                product_id=offer.product_id,
                ean=offer.ean,
                url=offer.url,
                image_url=offer.image_url,
                is_duo=offer.is_duo,
                withdrawal_type=offer.withdrawal_type,
                withdrawal_delay=offer.withdrawal_delay,
                withdrawal_details=offer.withdrawal_details,
                booking_contact=offer.booking_contact,
                booking_email=offer.booking_email,
                address=offer.address,
            ),
            "venue": BookedVenue(
                id=venue.id, common_name=venue.common_name, booking_email=venue.booking_email, address=venue.address
            ),
            "offerer": BookedOfferer(id=offerer.id, name=offerer.name, siren=offerer.siren),
        }
    )


async def booking_states(session: AsyncSession, ids: Collection[int]) -> dict[int, BookingState]:
    """The current states of the bookings, by id, in one statement. What this transaction changed must be flushed."""
    if not ids:
        return {}
    rows = await session.execute(
        select(Booking, StockReplica, OfferReplica, VenueReplica, OffererReplica, UserReplica, ActivationCode)
        .join(StockReplica, StockReplica.id == Booking.stock_id)
        .join(OfferReplica, OfferReplica.id == Booking.offer_id)
        .join(VenueReplica, VenueReplica.id == Booking.venue_id)
        .join(OffererReplica, OffererReplica.id == Booking.offerer_id)
        .join(UserReplica, UserReplica.id == Booking.user_id)
        .outerjoin(ActivationCode, ActivationCode.booking_id == Booking.id)
        .where(Booking.id.in_(list(ids)))
        .execution_options(populate_existing=True)
    )
    return {
        booking.id: state_of(
            booking=booking, stock=stock, offer=offer, venue=venue, offerer=offerer, user=user, code=code
        )
        for booking, stock, offer, venue, offerer, user, code in rows
    }
