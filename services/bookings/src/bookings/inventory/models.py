"""How many of each stock are left, and the activation codes to hand out."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from bookings.base import Base
from shared.database import Replica


class Inventory(Replica, Base):
    """How many of a stock exist and are booked: `id` and `version` are the stock's.

    `described_quantity` is the partner's, null for unlimited. `burned_quantity` counts the activation codes handed out
    by bookings that were cancelled since: such a code is not sold again. `quantity` is what may be booked at most:
    described minus burned, or `booked_quantity` when the partner went below it.
    """

    __tablename__ = "inventory"
    __table_args__ = (
        CheckConstraint("booked_quantity >= 0", name="booked_positive"),
        CheckConstraint("quantity IS NULL OR booked_quantity <= quantity", name="booked_within_quantity"),
        CheckConstraint("burned_quantity >= 0", name="burned_positive"),
        Index("ix_inventory_offer", "offer_id"),
    )

    offer_id: Mapped[int]
    described_quantity: Mapped[int | None]
    burned_quantity: Mapped[int] = mapped_column(default=0, server_default="0")
    quantity: Mapped[int | None]
    booked_quantity: Mapped[int] = mapped_column(default=0, server_default="0")


class ActivationCode(Replica, Base):
    """A code that serves a stock online. Available while no booking has it and it has not expired."""

    __tablename__ = "activation_code"
    __table_args__ = (
        Index("ix_activation_code_available", "stock_id", "id", postgresql_where=text("booking_id IS NULL")),
        Index("ix_activation_code_stock", "stock_id"),
        Index("uq_activation_code_booking", "booking_id", unique=True, postgresql_where=text("booking_id IS NOT NULL")),
    )

    stock_id: Mapped[int]
    code: Mapped[str]
    expiration_date: Mapped[datetime | None]
    booking_id: Mapped[int | None]
