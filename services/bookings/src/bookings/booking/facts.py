"""What is read of a stock and all around it when it is booked. Names are those of the replica tables' columns."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, NamedTuple


class StockFacts(NamedTuple):
    id: int
    version: int
    offer_id: int
    price_cents: int
    beginning_datetime: datetime | None
    booking_limit_datetime: datetime | None
    price_category_label: str | None
    features: list[str]
    is_soft_deleted: bool
    has_activation_codes: bool


class OfferFacts(NamedTuple):
    id: int
    version: int
    name: str
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
    address: dict[str, Any] | None
    subcategory_id: str
    category_id: str
    subcategory_label: str
    is_event: bool
    is_online_only: bool
    is_digital_deposit: bool
    is_physical_deposit: bool
    can_expire: bool
    is_bookable_by_underage_when_free: bool
    is_bookable_by_underage_when_not_free: bool


class VenueFacts(NamedTuple):
    id: int
    name: str
    public_name: str
    booking_email: str | None
    address: dict[str, Any] | None

    @property
    def common_name(self) -> str:
        return self.public_name or self.name


class OffererFacts(NamedTuple):
    id: int
    version: int
    name: str
    siren: str
    is_active: bool
    validation_status: str


class UserFacts(NamedTuple):
    id: int
    email: str
    first_name: str | None
    last_name: str | None
    birth_date: date | None
    phone_number: str | None
    department_code: str | None
    roles: list[str]
    is_active: bool


class CodeFacts(NamedTuple):
    id: int
    code: str
    expiration_date: datetime | None
