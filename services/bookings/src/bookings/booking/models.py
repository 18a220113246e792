"""Bookings."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Identity, Index, Integer, text
from sqlalchemy.orm import Mapped, mapped_column

from bookings.base import Base
from bookings.booking.values import BookingStatus, CancellationReason, ValidationAuthor


def _one_of(column: str, values: type[BookingStatus] | type[CancellationReason] | type[ValidationAuthor]) -> str:
    return f"{column} IN ({', '.join(repr(value.value) for value in values)})"


_LIVE = text("status <> 'CANCELLED'")
_USED = text("date_used IS NOT NULL")


class Booking(Base):
    """A person's booking of one or two of a stock (bookings rules: entities).

    `amount_cents` is the price of one when booked; the total is times `quantity`. `deposit_id` is the deposit that
    pays, null when none was active (then free). `offer_id`, `venue_id` and `offerer_id` are as when booked.
    """

    __tablename__ = "booking"
    __table_args__ = (
        CheckConstraint(_one_of("status", BookingStatus), name="status"),
        CheckConstraint(_one_of("validation_author_type", ValidationAuthor), name="validation_author"),
        CheckConstraint(_one_of("cancellation_reason", CancellationReason), name="cancellation_reason"),
        CheckConstraint("quantity BETWEEN 1 AND 2", name="quantity"),
        CheckConstraint("amount_cents >= 0", name="amount_positive"),
        CheckConstraint("deposit_id IS NOT NULL OR amount_cents = 0", name="paid_by_a_deposit"),
        CheckConstraint("(status = 'CANCELLED') = (cancellation_date IS NOT NULL)", name="cancellation_date"),
        CheckConstraint("(status = 'CANCELLED') = (cancellation_reason IS NOT NULL)", name="cancelled_why"),
        CheckConstraint("(status IN ('USED', 'REIMBURSED')) = (date_used IS NOT NULL)", name="date_used"),
        CheckConstraint("used_recredit_type IN ('RECREDIT_17', 'RECREDIT_18')", name="used_recredit_type"),
        Index("uq_booking_token", "token", unique=True),
        # One live booking a person and offer: what the lock on the person makes sure of, the index proves.
        Index(
            "uq_booking_live_user_offer",
            "user_id",
            "offer_id",
            unique=True,
            postgresql_where=text("status <> 'CANCELLED'"),
        ),
        Index("ix_booking_user", "user_id", "id"),
        Index("ix_booking_stock", "stock_id"),
        Index("ix_booking_offer", "offer_id"),
        Index("ix_booking_deposit", "deposit_id", postgresql_where=text("deposit_id IS NOT NULL")),
        Index("ix_booking_venue_date_created", "venue_id", "date_created"),
        # The partner's list in its order, and what it needs to know to count and to page: without a look at the rows.
        Index(
            "ix_booking_offerer_listed",
            "offerer_id",
            "date_created",
            "id",
            postgresql_include=["quantity", "offer_id", "venue_id"],
        ),
        Index(
            "ix_booking_offerer_date_used", "offerer_id", "date_used", postgresql_where=text("date_used IS NOT NULL")
        ),
        Index("ix_booking_confirmed", "date_created", postgresql_where=text("status = 'CONFIRMED'")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    user_id: Mapped[int]
    stock_id: Mapped[int]
    offer_id: Mapped[int]
    venue_id: Mapped[int]
    offerer_id: Mapped[int]
    deposit_id: Mapped[int | None]
    token: Mapped[str]
    status: Mapped[str]
    quantity: Mapped[int] = mapped_column(Integer)
    amount_cents: Mapped[int]
    price_category_label: Mapped[str | None]
    date_created: Mapped[datetime]
    date_used: Mapped[datetime | None]
    cancellation_limit_date: Mapped[datetime | None]
    cancellation_date: Mapped[datetime | None]
    cancellation_reason: Mapped[str | None]
    cancellation_user_id: Mapped[int | None]
    validation_author_type: Mapped[str | None]
    reimbursement_date: Mapped[datetime | None]
    display_as_ended: Mapped[bool | None]
    used_recredit_type: Mapped[str | None]
    is_first_of_venue: Mapped[bool] = mapped_column(default=False, server_default="false")

    @property
    def total_cents(self) -> int:
        return self.amount_cents * self.quantity
