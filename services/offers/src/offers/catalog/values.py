"""Offers as the public reads them: plain values, ready for rules and faces."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from offers.categories.kinds import Subcategory
from offers.categories.tables import SUBCATEGORIES
from offers.offers import rules as offer_rules
from offers.offers.values import OfferValidation
from offers.stocks import rules as stock_rules


@dataclass(frozen=True, slots=True)
class Place:
    """An address; coordinates in degrees."""

    label: str | None
    street: str | None
    postal_code: str
    city: str
    latitude: float
    longitude: float
    department_code: str
    timezone: str


@dataclass(frozen=True, slots=True)
class PublicStock:
    """A stock that is not deleted. `booked_quantity` is what `bookings` last said."""

    id: int
    price_cents: int
    quantity: int | None
    booked_quantity: int
    beginning_datetime: datetime | None
    booking_limit_datetime: datetime | None
    features: list[str]
    price_category_label: str | None
    has_activation_code: bool
    activation_code_expiration: datetime | None
    is_soft_deleted: bool = False


@dataclass(frozen=True, slots=True)
class PublicVenue:
    """The venue of an offer."""

    id: int
    name: str
    public_name: str
    is_permanent: bool
    is_open_to_public: bool
    banner_url: str | None
    offerer_id: int
    offerer_name: str
    is_offerer_active: bool
    place: Place | None

    @property
    def common_name(self) -> str:
        return self.public_name or self.name


@dataclass(frozen=True, slots=True)
class Image:
    """Where an image of an offer is kept: a key of the storage."""

    key: str
    credit: str | None = None


@dataclass(frozen=True, slots=True)
class Artist:
    id: str | None
    name: str
    role: str


@dataclass(frozen=True, slots=True)
class Video:
    id: str
    title: str | None
    thumb_url: str | None
    duration_seconds: int | None


@dataclass(frozen=True, slots=True)
class PublicOffer:
    """An approved offer. `images` are by kind (`poster`, `recto`, `verso`); `opening_hours` are minutes by weekday."""

    id: int
    name: str
    description: str | None
    duration_minutes: int | None
    extra_data: dict[str, Any]
    ean: str | None
    subcategory_id: str
    product_id: int | None
    url: str | None
    external_ticket_office_url: str | None
    is_duo: bool
    audio_disability_compliant: bool | None
    mental_disability_compliant: bool | None
    motor_disability_compliant: bool | None
    visual_disability_compliant: bool | None
    withdrawal_details: str | None
    validation: OfferValidation
    publication_datetime: datetime | None
    booking_allowed_datetime: datetime | None
    venue: PublicVenue
    place: Place | None
    images: dict[str, Image]
    artists: list[Artist]
    video: Video | None
    opening_hours: dict[str, list[list[int]] | None]
    is_headline: bool
    likes: int
    last_30_days_bookings: int
    stocks: list[PublicStock] = field(default_factory=list)

    @property
    def subcategory(self) -> Subcategory:
        return SUBCATEGORIES[self.subcategory_id]

    @property
    def address(self) -> Place | None:
        """The offer's own place, else its venue's."""
        return self.place or self.venue.place

    @property
    def main_image(self) -> Image | None:
        return next((self.images[kind] for kind in ("poster", "recto", "verso") if kind in self.images), None)

    @property
    def is_digital(self) -> bool:
        return self.subcategory.is_online_only

    def is_released(self, now: datetime) -> bool:
        """Whether the public may see and book it, its offerer included."""
        return self.venue.is_offerer_active and offer_rules.is_released(self.validation, self.publication_datetime, now)

    def is_sold_out(self, now: datetime) -> bool:
        return stock_rules.all_sold_out(self.stocks, now)

    def is_expired(self, now: datetime) -> bool:
        return stock_rules.all_limits_passed(self.stocks, now)

    def bookable_stocks(self, now: datetime) -> list[PublicStock]:
        return [stock for stock in self.stocks if self.is_released(now) and stock_rules.is_bookable(stock, now)]

    def is_headline_now(self, now: datetime) -> bool:
        """A headline row stands for something only while the offer is active and has an image."""
        return (
            self.is_headline
            and bool(self.images)
            and self.is_released(now)
            and not (self.booking_allowed_datetime and self.booking_allowed_datetime > now)
            and not self.is_expired(now)
            and not self.is_sold_out(now)
        )

    def is_forbidden_to_underage(self, now: datetime) -> bool:
        """Every bookable stock is forbidden to somebody without the adult credit; true too when there is none."""
        return all(self.subcategory.is_forbidden_to_underage(stock.price_cents) for stock in self.bookable_stocks(now))
