"""The parameters of mails about bookings, in words that templates only have to place (bookings rules: e-mails).

Dates are local to the place, else to the holder; prices are in the reader's currency.
"""

from __future__ import annotations

from typing import Any

from documents.formatting import (
    address_sentence,
    beneficiary_price,
    french_date,
    french_hour,
    full_name,
    location,
    one_line,
    paragraphs,
    partner_price,
    zone_note,
    zone_of,
)
from documents.tickets.rules import access_url, delay_in_words, kind_of
from shared.events.bookings import Booking


def _common(booking: Booking) -> dict[str, Any]:
    """What every mail about one booking may say, whoever reads it."""
    zone = zone_of(booking)
    begins = booking.stock.beginning_datetime
    kind = kind_of(booking)
    return {
        "booking_id": booking.id,
        "offer_id": booking.offer_id,
        "offer_name": one_line(booking.offer.name, 200),
        "offer_subcategory": one_line(booking.offer.subcategory.label, 80),
        "offerer_name": one_line(booking.offerer.name, 120),
        "venue_name": one_line(booking.venue.common_name, 120),
        "offer_address": address_sentence(location(booking)),
        "event_date": None if begins is None else french_date(begins, zone),
        "event_hour": None if begins is None else french_hour(begins, zone),
        "zone_note": zone_note(zone),
        "is_event": booking.offer.subcategory.is_event,
        "is_thing": not booking.offer.subcategory.is_event,
        "is_digital": kind == "online",
        "is_duo_event": booking.offer.subcategory.is_event and booking.quantity == 2,
        "is_free_offer": booking.amount_cents == 0,
        "quantity": booking.quantity,
        "price_category": one_line(booking.price_category_label or "", 80) or None,
        "features": [one_line(feature, 40) for feature in booking.stock.features],
    }


def _holder(booking: Booking) -> dict[str, Any]:
    person = booking.beneficiary
    return {
        "user_id": booking.user_id,
        "user_first_name": one_line(person.first_name or "", 60),
        "user_last_name": one_line(person.last_name or "", 60),
        "user_name": full_name(person.first_name, person.last_name) or person.email,
        "user_email": person.email,
        "user_phone_number": one_line(person.phone_number or "", 30) or None,
    }


def _for_beneficiary(booking: Booking) -> dict[str, Any]:
    return {
        **_common(booking),
        "user_first_name": one_line(booking.beneficiary.first_name or "", 60),
        "formatted_price": beneficiary_price(booking),
        "unit_price": beneficiary_price(booking, unit=True),
        "booking_contact": one_line(booking.offer.booking_contact or "", 120) or None,
    }


def beneficiary_confirmation(booking: Booking) -> dict[str, Any]:
    zone = zone_of(booking)
    can_expire = booking.offer.subcategory.can_expire and booking.status == "CONFIRMED"
    code_ends = booking.activation_code_expiration_date
    limit = booking.cancellation_limit_date
    return {
        **_for_beneficiary(booking),
        "booking_date": french_date(booking.date_created, zone),
        "booking_hour": french_hour(booking.date_created, zone),
        "offer_token": booking.activation_code or booking.token,
        "has_activation_code": booking.activation_code is not None,
        "code_expiration_date": None if code_ends is None else french_date(code_ends, zone),
        "can_expire": can_expire,
        "expiration_delay": _withdrawal_period(booking) if can_expire else None,
        "expiration_date": french_date(booking.expiration_date, zone) if booking.expiration_date else None,
        "cancellation_limit": _moment(booking, limit) if limit and limit > booking.date_created else None,
        "digital_offer_url": access_url(booking),
        "offer_withdrawal_type": booking.offer.withdrawal_type,
        "offer_withdrawal_delay": delay_in_words(booking.offer.withdrawal_delay),
        "offer_withdrawal_details": paragraphs(booking.offer.withdrawal_details or ""),
    }


def beneficiary_postponement(booking: Booking) -> dict[str, Any]:
    """An event on another date, and until when it can be cancelled now."""
    limit = booking.cancellation_limit_date
    return {**_for_beneficiary(booking), "cancellation_limit": _moment(booking, limit) if limit else None}


def event_of(booking: Booking) -> dict[str, Any]:
    """The event alone, whoever goes to it."""
    common = _common(booking)
    return {
        name: common[name]
        for name in ("offer_id", "offer_name", "venue_name", "offer_address", "event_date", "event_hour", "zone_note")
    }


def partner_new_booking(booking: Booking) -> dict[str, Any]:
    can_expire = booking.offer.subcategory.can_expire and booking.status == "CONFIRMED"
    autovalidated = booking.status == "USED" and booking.validation_author_type == "AUTO"
    # A counter's token is the holder's to show: telling it would let the partner validate without them.
    shows_token = booking.stock.beginning_datetime is not None or autovalidated
    return {
        **_common(booking),
        **_holder(booking),
        "formatted_price": partner_price(booking),
        "countermark": booking.token if shows_token and booking.activation_code is None else None,
        "is_booking_autovalidated": autovalidated,
        "can_expire": can_expire,
        "withdrawal_period": _withdrawal_period(booking) if can_expire else None,
        "isbn": booking.offer.ean if booking.offer.subcategory.id == "LIVRE_PAPIER" else None,
        "must_use_token_for_payment": booking.amount_cents > 0 and not autovalidated,
    }


def beneficiary_cancellation(booking: Booking) -> dict[str, Any]:
    return _for_beneficiary(booking)


def partner_cancellation(booking: Booking) -> dict[str, Any]:
    return {**_common(booking), **_holder(booking), "formatted_price": partner_price(booking)}


def recap_line(booking: Booking) -> dict[str, Any]:
    person = booking.beneficiary
    undated = booking.stock.beginning_datetime is None and booking.status == "CONFIRMED"
    return {
        "user_id": booking.user_id,
        "user_name": full_name(person.first_name, person.last_name) or person.email,
        "user_email": person.email,
        "quantity": booking.quantity,
        # Tokens of what is picked up at a counter are not revealed before validation.
        "token": None if undated else booking.token,
    }


def expired_line(booking: Booking) -> dict[str, Any]:
    return {"offer_name": one_line(booking.offer.name, 200), "venue_name": one_line(booking.venue.common_name, 120)}


def expired_line_for_partner(booking: Booking) -> dict[str, Any]:
    person = booking.beneficiary
    return {
        **expired_line(booking),
        "user_id": booking.user_id,
        "offer_id": booking.offer_id,
        "formatted_price": partner_price(booking),
        "user_name": full_name(person.first_name, person.last_name) or person.email,
        "user_email": person.email,
    }


def _withdrawal_period(booking: Booking) -> int:
    """Days before an unclaimed booking ends."""
    return 10 if booking.offer.subcategory.id == "LIVRE_PAPIER" else 30


def _moment(booking: Booking, moment: Any) -> str:
    zone = zone_of(booking)
    return f"{french_date(moment, zone)} à {french_hour(moment, zone)}"
