"""Facts that `offers` publishes."""

from __future__ import annotations

from datetime import datetime

from shared.events.envelope import Aggregate, Coordinates, Part, State
from shared.events.features import feature_aggregate


class Address(Part):
    id: int
    label: str | None = None
    street: str | None
    postal_code: str
    city: str
    insee_code: str | None = None
    department_code: str
    timezone: str
    coordinates: Coordinates


class Offerer(State):
    """A legal entity. `validation_status`: NEW, PENDING, VALIDATED, REJECTED, DELETED, CLOSED."""

    name: str
    siren: str
    is_active: bool
    validation_status: str


class Attachment(State):
    """A person's right to act for an offerer; only VALIDATED gives access."""

    user_id: int
    offerer_id: int
    validation_status: str


class Venue(State):
    offerer_id: int
    name: str
    public_name: str
    siret: str | None
    is_virtual: bool
    is_permanent: bool
    is_open_to_public: bool
    is_soft_deleted: bool
    booking_email: str | None
    withdrawal_details: str | None
    banner_url: str | None
    address: Address | None

    @property
    def common_name(self) -> str:
        return self.public_name or self.name


class Subcategory(Part):
    """What the category tables say of an offer's subcategory, so that nobody needs the tables."""

    id: str
    category_id: str
    label: str
    is_event: bool
    is_online_only: bool
    is_digital_deposit: bool
    is_physical_deposit: bool
    can_expire: bool
    is_bookable_by_underage_when_free: bool
    is_bookable_by_underage_when_not_free: bool


class Offer(State):
    """An offer. `validation`: APPROVED, DRAFT, PENDING, REJECTED."""

    venue_id: int
    offerer_id: int
    name: str
    description: str | None
    subcategory: Subcategory
    product_id: int | None
    ean: str | None
    url: str | None
    image_url: str | None
    is_duo: bool
    validation: str
    publication_datetime: datetime | None
    booking_allowed_datetime: datetime | None
    withdrawal_type: str | None
    withdrawal_delay: int | None
    withdrawal_details: str | None
    booking_contact: str | None
    booking_email: str | None
    address: Address | None
    provider_id: int | None = None


class Stock(State):
    """A bookable item of an offer as its partner describes it; how many are left is known to `bookings` alone.

    `quantity` None means unlimited. `activation_codes`: whether the stock is served by activation codes.
    """

    offer_id: int
    price_cents: int
    quantity: int | None
    beginning_datetime: datetime | None
    booking_limit_datetime: datetime | None
    price_category_id: int | None
    price_category_label: str | None
    features: list[str]
    is_soft_deleted: bool
    has_activation_codes: bool
    id_at_provider: str | None = None


class ActivationCode(State):
    stock_id: int
    code: str
    expiration_date: datetime | None


OFFERER = Aggregate(
    "offers", "offerer", Offerer, ("created", "updated", "validated", "rejected", "closed", "suspended")
)
ATTACHMENT = Aggregate("offers", "attachment", Attachment, ("created", "validated", "rejected", "deleted"))
VENUE = Aggregate("offers", "venue", Venue, ("created", "updated", "deleted"))
# `withdrawal_changed`: where or how one gets what was booked is another, and the partner wants holders to know.
OFFER = Aggregate(
    "offers",
    "offer",
    Offer,
    ("created", "updated", "withdrawal_changed", "published", "unpublished", "rejected", "deleted"),
)
STOCK = Aggregate("offers", "stock", Stock, ("created", "updated", "rescheduled", "deleted"))
ACTIVATION_CODE = Aggregate("offers", "activation_code", ActivationCode, ("created",))

FEATURE = feature_aggregate("offers")
AGGREGATES = (OFFERER, ATTACHMENT, VENUE, OFFER, STOCK, ACTIVATION_CODE, FEATURE)
