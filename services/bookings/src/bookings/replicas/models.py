"""Facts of `users` and `offers` as bookings keeps them. Written by subscribers alone."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, Integer, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from bookings.base import Base
from shared.database import Replica


class UserReplica(Replica, Base):
    """A person: holder of bookings, or partner. `roles` are users' role names; an unknown one is to be ignored."""

    __tablename__ = "user_replica"

    email: Mapped[str]
    first_name: Mapped[str | None]
    last_name: Mapped[str | None]
    birth_date: Mapped[date | None]
    phone_number: Mapped[str | None]
    postal_code: Mapped[str | None]
    department_code: Mapped[str | None]
    roles: Mapped[list[str]]
    is_active: Mapped[bool]
    suspension_reason: Mapped[str | None]


class OffererReplica(Replica, Base):
    __tablename__ = "offerer_replica"

    name: Mapped[str]
    siren: Mapped[str]
    is_active: Mapped[bool]
    validation_status: Mapped[str]


class AttachmentReplica(Replica, Base):
    """A person's right to act for an offerer; only `VALIDATED` gives access."""

    __tablename__ = "attachment_replica"
    __table_args__ = (Index("ix_attachment_replica_user_offerer", "user_id", "offerer_id"),)

    user_id: Mapped[int]
    offerer_id: Mapped[int]
    validation_status: Mapped[str]


class VenueReplica(Replica, Base):
    """A place. `address` is the event's `Address` as JSON; the three columns after it repeat what SQL filters on."""

    __tablename__ = "venue_replica"
    __table_args__ = (Index("ix_venue_replica_offerer", "offerer_id"),)

    offerer_id: Mapped[int]
    name: Mapped[str]
    public_name: Mapped[str]
    is_virtual: Mapped[bool]
    is_open_to_public: Mapped[bool]
    booking_email: Mapped[str | None]
    banner_url: Mapped[str | None]
    address: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    address_id: Mapped[int | None]
    department_code: Mapped[str | None]
    timezone: Mapped[str | None]

    @property
    def common_name(self) -> str:
        return self.public_name or self.name


class OfferReplica(Replica, Base):
    """An offer with the traits of its subcategory. `address` as for venues; null means that the venue's is used."""

    __tablename__ = "offer_replica"
    __table_args__ = (Index("ix_offer_replica_venue", "venue_id"), Index("ix_offer_replica_offerer", "offerer_id"))

    venue_id: Mapped[int]
    offerer_id: Mapped[int]
    name: Mapped[str]
    product_id: Mapped[int | None]
    ean: Mapped[str | None]
    url: Mapped[str | None]
    image_url: Mapped[str | None]
    is_duo: Mapped[bool]
    validation: Mapped[str]
    publication_datetime: Mapped[datetime | None]
    booking_allowed_datetime: Mapped[datetime | None]
    withdrawal_type: Mapped[str | None]
    withdrawal_delay: Mapped[int | None] = mapped_column(Integer)
    withdrawal_details: Mapped[str | None]
    booking_contact: Mapped[str | None]
    booking_email: Mapped[str | None]
    provider_id: Mapped[int | None]
    address: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    address_id: Mapped[int | None]
    department_code: Mapped[str | None]
    timezone: Mapped[str | None]

    subcategory_id: Mapped[str]
    category_id: Mapped[str]
    subcategory_label: Mapped[str]
    is_event: Mapped[bool]
    is_online_only: Mapped[bool]
    is_digital_deposit: Mapped[bool]
    is_physical_deposit: Mapped[bool]
    can_expire: Mapped[bool]
    is_bookable_by_underage_when_free: Mapped[bool]
    is_bookable_by_underage_when_not_free: Mapped[bool]


class StockReplica(Replica, Base):
    """A bookable item as described. How many are left is `Inventory`'s, under the same id."""

    __tablename__ = "stock_replica"
    __table_args__ = (
        Index("ix_stock_replica_offer", "offer_id"),
        Index(
            "ix_stock_replica_beginning", "beginning_datetime", postgresql_where=text("beginning_datetime IS NOT NULL")
        ),
    )

    offer_id: Mapped[int]
    price_cents: Mapped[int]
    beginning_datetime: Mapped[datetime | None]
    booking_limit_datetime: Mapped[datetime | None]
    price_category_id: Mapped[int | None]
    price_category_label: Mapped[str | None]
    features: Mapped[list[str]]
    is_soft_deleted: Mapped[bool]
    has_activation_codes: Mapped[bool]
    id_at_provider: Mapped[str | None]
