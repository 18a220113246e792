"""Facts that `bookings` publishes."""

from __future__ import annotations

from datetime import date, datetime

from shared.events.envelope import Aggregate, Part, State
from shared.events.features import feature_aggregate
from shared.events.offers import Address, Subcategory


class BookedBy(Part):
    """The holder as known when the fact happened."""

    id: int
    email: str
    first_name: str | None
    last_name: str | None
    birth_date: date | None
    phone_number: str | None
    department_code: str | None


class BookedStock(Part):
    id: int
    beginning_datetime: datetime | None
    booking_limit_datetime: datetime | None
    features: list[str]


class BookedOffer(Part):
    id: int
    name: str
    subcategory: Subcategory
    product_id: int | None
    ean: str | None
    url: str | None
    image_url: str | None
    is_duo: bool
    withdrawal_type: str | None
    withdrawal_delay: int | None
    withdrawal_details: str | None
    booking_contact: str | None
    booking_email: str | None
    address: Address | None


class BookedVenue(Part):
    id: int
    common_name: str
    booking_email: str | None
    address: Address | None


class BookedOfferer(Part):
    id: int
    name: str
    siren: str


class Booking(State):
    """A booking with what a reader needs to tell a person about it: the snapshot makes mails and tickets self-sufficient.

    `status`: CONFIRMED, USED, CANCELLED, REIMBURSED. `amount_cents` is the price of one; the total is times `quantity`.
    """

    user_id: int
    stock_id: int
    offer_id: int
    venue_id: int
    offerer_id: int
    deposit_id: int | None
    token: str
    status: str
    quantity: int
    amount_cents: int
    price_category_label: str | None
    date_created: datetime
    date_used: datetime | None
    cancellation_limit_date: datetime | None
    cancellation_date: datetime | None
    cancellation_reason: str | None
    validation_author_type: str | None
    expiration_date: datetime | None
    activation_code: str | None
    activation_code_expiration_date: datetime | None = None
    is_first_of_venue: bool = False
    beneficiary: BookedBy
    stock: BookedStock
    offer: BookedOffer
    venue: BookedVenue
    offerer: BookedOfferer


class Inventory(State):
    """How many of a stock are booked; `id` is the stock's. `quantity` None means unlimited."""

    offer_id: int
    quantity: int | None
    booked_quantity: int


class Wallet(State):
    """What a deposit has left; `id` is the deposit's.

    `credit_cents` includes `carried_cents`, what came over from the deposit `replaces_id`.
    """

    user_id: int
    credit_cents: int
    spent_cents: int
    replaces_id: int | None = None
    carried_cents: int = 0


BOOKING = Aggregate(
    "bookings",
    "booking",
    Booking,
    (
        "created",
        "used",
        "unused",
        "cancelled",
        "uncancelled",
        "expired",
        "reimbursed",
        "moved",
        "rescheduled",
        "withdrawal_changed",
    ),
)
INVENTORY = Aggregate("bookings", "inventory", Inventory, ("changed",))
WALLET = Aggregate("bookings", "wallet", Wallet, ("changed",))

FEATURE = feature_aggregate("bookings")
AGGREGATES = (BOOKING, INVENTORY, WALLET, FEATURE)
