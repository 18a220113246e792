"""What is bookable in an offer, as its partner describes it: stocks, price categories and activation codes."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from offers.base import Base, Cents, Id, Instant
from offers.replicas.models import InventoryReplica
from shared.clock import now


class PriceCategoryLabel(Base):
    """The name of a price, shared by the offers of a venue."""

    __tablename__ = "price_category_label"
    __table_args__ = (sa.UniqueConstraint("venue_id", "label"),)

    id: Mapped[Id]
    label: Mapped[str] = mapped_column(sa.Text)
    venue_id: Mapped[int] = mapped_column(sa.ForeignKey("venue.id"))


class PriceCategory(Base):
    """A price of an event."""

    __tablename__ = "price_category"
    __table_args__ = (
        sa.CheckConstraint("price_cents >= 0", name="price"),
        sa.UniqueConstraint("offer_id", "id_at_provider"),
    )

    id: Mapped[Id]
    offer_id: Mapped[int] = mapped_column(sa.ForeignKey("offer.id", ondelete="CASCADE"), index=True)
    price_cents: Mapped[Cents]
    price_category_label_id: Mapped[int] = mapped_column(sa.ForeignKey("price_category_label.id"))
    id_at_provider: Mapped[str | None] = mapped_column(sa.Text)

    price_category_label: Mapped[PriceCategoryLabel] = relationship(lazy="raise")

    @property
    def label(self) -> str:
        return self.price_category_label.label


class Stock(Base):
    """A bookable item; `quantity` None means unlimited. How many are booked is a replica: see `inventory`."""

    __tablename__ = "stock"
    __table_args__ = (
        sa.CheckConstraint("price_cents >= 0", name="price"),
        sa.CheckConstraint("quantity >= 0", name="quantity"),
        sa.CheckConstraint("booking_limit_datetime <= beginning_datetime", name="booking_limit"),
        sa.UniqueConstraint("offer_id", "id_at_providers"),
        sa.Index("ix_stock_offer_id", "offer_id"),
        sa.Index("ix_stock_beginning_datetime", "beginning_datetime"),
        sa.Index("ix_stock_price_category_id", "price_category_id"),
    )

    id: Mapped[Id]
    offer_id: Mapped[int] = mapped_column(sa.ForeignKey("offer.id", ondelete="CASCADE"))
    price_cents: Mapped[Cents]
    price_category_id: Mapped[int | None] = mapped_column(sa.ForeignKey("price_category.id", ondelete="CASCADE"))
    quantity: Mapped[int | None] = mapped_column(sa.BigInteger)
    beginning_datetime: Mapped[Instant | None]
    booking_limit_datetime: Mapped[Instant | None]
    is_soft_deleted: Mapped[bool] = mapped_column(default=False)
    features: Mapped[list[str]] = mapped_column(ARRAY(sa.Text), default=list)
    last_provider_id: Mapped[int | None] = mapped_column(sa.ForeignKey("provider.id"))
    id_at_providers: Mapped[str | None] = mapped_column(sa.String(70))
    date_created: Mapped[Instant] = mapped_column(default=now)
    date_modified: Mapped[Instant] = mapped_column(default=now)
    """When the quantity last changed."""
    fields_updated: Mapped[list[str]] = mapped_column(ARRAY(sa.Text), default=list)

    price_category: Mapped[PriceCategory | None] = relationship(lazy="raise")
    activation_codes: Mapped[list[ActivationCode]] = relationship(lazy="raise", viewonly=True)
    inventory: Mapped[InventoryReplica | None] = relationship(
        primaryjoin=lambda: sa.orm.foreign(InventoryReplica.id) == Stock.id,
        uselist=False,
        viewonly=True,
        lazy="raise",
    )

    @property
    def booked_quantity(self) -> int:
        """How many `bookings` said are booked (load `inventory` first)."""
        return self.inventory.booked_quantity if self.inventory is not None else 0


class ActivationCode(Base):
    """A code that a beneficiary receives with a booking; which booking has it is known to `bookings` alone."""

    __tablename__ = "activation_code"
    __table_args__ = (sa.UniqueConstraint("stock_id", "code"),)

    id: Mapped[Id]
    stock_id: Mapped[int] = mapped_column(sa.ForeignKey("stock.id", ondelete="CASCADE"))
    code: Mapped[str] = mapped_column(sa.Text)
    expiration_date: Mapped[Instant | None]
