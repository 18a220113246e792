"""Bookings put into the shapes that the app reads."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bookings.booking import schemas, shown
from bookings.booking.queries import HeldBooking
from bookings.booking.shown import Shown
from bookings.booking.tokens import qr_payload
from shared.geography import timezone_name


def shown_of(held: HeldBooking) -> Shown:
    booking, stock, offer = held.booking, held.stock, held.offer
    return Shown(
        id=booking.id,
        status=booking.status,
        date_created=booking.date_created,
        date_used=booking.date_used,
        cancellation_date=booking.cancellation_date,
        display_as_ended=booking.display_as_ended,
        amount_cents=booking.amount_cents,
        stock_price_cents=stock.price_cents,
        beginning=stock.beginning_datetime,
        subcategory_id=offer.subcategory_id,
        is_event=offer.is_event,
        is_online_only=offer.is_online_only,
        can_expire=offer.can_expire,
        has_url=bool(offer.url),
        has_code=held.code is not None,
        withdrawal_type=offer.withdrawal_type,
        withdrawal_delay=offer.withdrawal_delay,
    )


def _address(held: HeldBooking) -> dict[str, Any] | None:
    return held.offer.address or held.venue.address


def _venue(held: HeldBooking) -> dict[str, Any]:
    venue = held.venue
    return {
        "id": venue.id,
        "name": venue.common_name,
        "public_name": venue.public_name,
        "timezone": venue.timezone or timezone_name(venue.department_code),
        "banner_url": venue.banner_url,
        "is_open_to_public": venue.is_open_to_public,
        "address": {"id": venue.address_id},
    }


def _offer(held: HeldBooking, view: Shown) -> dict[str, Any]:
    offer = held.offer
    return {
        "booking_contact": offer.booking_contact,
        "extra_data": {"ean": offer.ean},
        "id": offer.id,
        "image": {"url": offer.image_url} if offer.image_url else None,
        "is_digital": offer.is_online_only,
        "is_permanent": view.is_permanent,
        "name": offer.name,
        "subcategory_id": offer.subcategory_id,
        "url": offer.url,
        "address": _address(held),
        "venue": _venue(held),
        "withdrawal_delay": offer.withdrawal_delay,
        "withdrawal_details": offer.withdrawal_details,
        "withdrawal_type": offer.withdrawal_type,
    }


def _stock(held: HeldBooking, view: Shown) -> dict[str, Any]:
    stock = held.stock
    return {
        "beginning_datetime": stock.beginning_datetime,
        "features": stock.features,
        "id": stock.id,
        "price": stock.price_cents,
        "price_category_label": stock.price_category_label,
        "is_automatically_used": shown.is_automatically_used(view),
        "offer": _offer(held, view),
    }


def _code(held: HeldBooking) -> dict[str, Any] | None:
    if held.code is None:
        return None
    return {"code": held.code.code, "expiration_date": held.code.expiration_date}


def _common(held: HeldBooking, view: Shown, email: str, now: datetime) -> dict[str, Any]:
    booking = held.booking
    return {
        "can_react": shown.can_react(view),
        "cancellation_date": booking.cancellation_date,
        "cancellation_reason": booking.cancellation_reason,
        "completed_url": shown.completed_url(
            held.offer.url,
            token=booking.token,
            code=held.code.code if held.code is not None else None,
            offer_id=held.offer.id,
            email=email,
        ),
        "confirmation_date": booking.cancellation_limit_date,
        "date_created": booking.date_created,
        "date_used": booking.date_used,
        "enable_pop_up_reaction": shown.asks_for_reaction(view, now),
        "expiration_date": view.expiration,
        "id": booking.id,
        "quantity": booking.quantity,
        "total_amount": booking.total_cents,
        # Reactions live in another context, which tells nothing about them yet.
        "user_reaction": None,
        "stock": _stock(held, view),
    }


def booking_v1(
    held: HeldBooking, view: Shown, email: str, now: datetime, *, with_qr: bool
) -> schemas.BookingResponseV1:
    """A booking of the first list. The QR code goes with ongoing bookings alone."""
    return schemas.BookingResponseV1.model_validate(
        {
            **_common(held, view, email, now),
            "activation_code": _code(held),
            "external_bookings": [],
            "qr_code_data": qr_payload(held.booking.token) if with_qr else None,
            "token": held.booking.token,
        }
    )


def _ticket(held: HeldBooking, view: Shown, now: datetime, *, with_qr: bool) -> dict[str, Any]:
    display = shown.ticket_display(view, now)
    online = display is shown.TicketDisplay.ONLINE_CODE
    token = shown.shows_token(display, has_code=view.has_code)
    qr = qr_payload(held.booking.token) if with_qr else None
    return {
        "activation_code": _code(held) if online else None,
        "display": display,
        "external_booking": None,
        "token": {"data": held.booking.token} if token else None,
        "voucher": {"data": qr} if shown.shows_voucher(display) else None,
        "withdrawal": {
            "details": held.offer.withdrawal_details,
            "type": held.offer.withdrawal_type,
            "delay": held.offer.withdrawal_delay,
        },
    }


def booking_v2(held: HeldBooking, view: Shown, email: str, now: datetime, *, with_qr: bool) -> schemas.BookingResponse:
    """A booking of the second list, or alone. The QR code goes with ongoing bookings of the list alone."""
    return schemas.BookingResponse.model_validate(
        {
            **_common(held, view, email, now),
            "display_as_ended": held.booking.display_as_ended,
            "ticket": _ticket(held, view, now, with_qr=with_qr),
        }
    )


def list_item(held: HeldBooking, view: Shown) -> schemas.BookingListItemResponse:
    booking, offer = held.booking, held.offer
    return schemas.BookingListItemResponse.model_validate(
        {
            "activation_code": _code(held),
            "can_react": shown.can_react(view),
            "cancellation_date": booking.cancellation_date,
            "cancellation_reason": booking.cancellation_reason,
            "date_created": booking.date_created,
            "date_used": booking.date_used,
            "expiration_date": view.expiration,
            "id": booking.id,
            "is_archivable": shown.is_archivable(view),
            "quantity": booking.quantity,
            "stock": {
                "beginning_datetime": held.stock.beginning_datetime,
                "is_automatically_used": shown.is_automatically_used(view),
                "offer": {
                    "address": _address(held),
                    "id": offer.id,
                    "image_url": offer.image_url,
                    "is_digital": offer.is_online_only,
                    "is_permanent": view.is_permanent,
                    "name": offer.name,
                    "subcategory_id": offer.subcategory_id,
                    "venue": _venue(held),
                    "withdrawal_delay": offer.withdrawal_delay,
                    "withdrawal_type": offer.withdrawal_type,
                },
            },
            "total_amount": booking.total_cents,
            "user_reaction": None,
        }
    )


def sorted_lists(
    held: list[HeldBooking], now: datetime
) -> tuple[list[tuple[HeldBooking, Shown]], list[tuple[HeldBooking, Shown]]]:
    """Ended and ongoing bookings, each in the order in which the app shows them."""
    views = [(item, shown_of(item)) for item in held]
    ended = sorted(
        (pair for pair in views if shown.is_ended(pair[1], now)),
        key=lambda pair: shown.ended_order(pair[1]),
        reverse=True,
    )
    ongoing = sorted(
        (pair for pair in views if not shown.is_ended(pair[1], now)), key=lambda pair: shown.ongoing_order(pair[1])
    )
    return ended, ongoing
