"""Facts of other contexts as their owners would tell them, for tests. Keyword arguments replace values of the state."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from bookings.replicas.models import OfferReplica, StockReplica
from shared import clock
from shared.events.envelope import Coordinates
from shared.events.offers import Address, Offer, Stock, Subcategory
from shared.events.users import Deposit, Recredit, User

ADDRESS = Address(
    id=7,
    street="1 rue du Port",
    postal_code="97400",
    city="Saint-Denis",
    department_code="974",
    timezone="Indian/Reunion",
    coordinates=Coordinates(latitude=-20.88, longitude=55.45),
)
CONCERT = Subcategory(
    id="CONCERT",
    category_id="MUSIQUE_LIVE",
    label="Concert",
    is_event=True,
    is_online_only=False,
    is_digital_deposit=False,
    is_physical_deposit=True,
    can_expire=False,
    is_bookable_by_underage_when_free=True,
    is_bookable_by_underage_when_not_free=True,
)


def user_state(id_: int = 1, **changes: Any) -> User:
    """An active beneficiary of La Réunion."""
    values: dict[str, Any] = {
        "email": "camille@example.com",
        "first_name": "Camille",
        "last_name": "Durand",
        "birth_date": date(2008, 3, 14),
        "phone_number": None,
        "postal_code": "97400",
        "department_code": "974",
        "roles": ["BENEFICIARY"],
        "is_active": True,
        "is_email_validated": True,
        "date_created": clock.now(),
    }
    return User(id=id_, **{**values, **changes})


def deposit_state(id_: int = 1, **changes: Any) -> Deposit:
    """150 € of the person 1, for two years."""
    values: dict[str, Any] = {
        "user_id": 1,
        "type": "GRANT_17_18",
        "version": 1,
        "amount_cents": 150_00,
        "source": "test",
        "date_created": clock.now(),
        "expiration_date": clock.now() + timedelta(days=700),
        "recredits": [Recredit(type="Recredit18", amount_cents=150_00, date_created=clock.now())],
    }
    return Deposit(id=id_, **{**values, **changes})


def offer_state(offer: OfferReplica, **changes: Any) -> Offer:
    """A released concert with the identifiers of a replica."""
    values: dict[str, Any] = {
        "venue_id": offer.venue_id,
        "offerer_id": offer.offerer_id,
        "name": offer.name,
        "description": None,
        "subcategory": CONCERT,
        "product_id": None,
        "ean": None,
        "url": None,
        "image_url": None,
        "is_duo": True,
        "validation": "APPROVED",
        "publication_datetime": clock.now(),
        "booking_allowed_datetime": None,
        "withdrawal_type": None,
        "withdrawal_delay": None,
        "withdrawal_details": None,
        "booking_contact": None,
        "booking_email": None,
        "address": ADDRESS,
    }
    return Offer(id=offer.id, **{**values, **changes})


def stock_state(stock: StockReplica, **changes: Any) -> Stock:
    """A stock of 100 with the identifiers, price and dates of a replica."""
    values: dict[str, Any] = {
        "offer_id": stock.offer_id,
        "price_cents": stock.price_cents,
        "quantity": 100,
        "beginning_datetime": stock.beginning_datetime,
        "booking_limit_datetime": stock.booking_limit_datetime,
        "price_category_id": None,
        "price_category_label": None,
        "features": [],
        "is_soft_deleted": False,
        "has_activation_codes": False,
    }
    return Stock(id=stock.id, **{**values, **changes})
