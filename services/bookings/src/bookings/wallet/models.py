"""What is left of each deposit, and the ledger that proves it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Identity, Index, Integer, func
from sqlalchemy.orm import Mapped, mapped_column

from bookings.base import Base
from shared.database import Replica


class Wallet(Replica, Base):
    """A deposit as money: `id` and `version` are the deposit's. Amounts are cents.

    `granted_cents` is the deposit's amount as `users` says it. `credit_cents` is what may be spent at most: the same,
    except while more was already spent than a later correction grants (then it equals `spent_cents`, and nothing more
    can be bought). `spent_cents` is the sum of this wallet's ledger; the digital and physical parts count against the
    caps. `generation` tells the generations of a deposit type apart.

    A deposit that replaces another (`replaces_id`) takes over its bookings and what it has left: `granted_cents` includes
    that, `carried_cents`. Nothing more can be bought on the replaced one (`replaced_by_id`).
    """

    __tablename__ = "wallet"
    __table_args__ = (
        CheckConstraint("spent_cents >= 0", name="spent_positive"),
        CheckConstraint("spent_cents <= credit_cents", name="spent_within_credit"),
        CheckConstraint("granted_cents >= 0", name="granted_positive"),
        CheckConstraint(
            "digital_spent_cents >= 0 AND physical_spent_cents >= 0"
            " AND digital_spent_cents + physical_spent_cents <= spent_cents",
            name="domains_within_spent",
        ),
        CheckConstraint("carried_cents >= 0", name="carried_positive"),
        Index("ix_wallet_user", "user_id"),
    )

    user_id: Mapped[int]
    type: Mapped[str]
    generation: Mapped[int] = mapped_column(Integer)
    granted_cents: Mapped[int]
    credit_cents: Mapped[int]
    spent_cents: Mapped[int] = mapped_column(default=0, server_default="0")
    digital_spent_cents: Mapped[int] = mapped_column(default=0, server_default="0")
    physical_spent_cents: Mapped[int] = mapped_column(default=0, server_default="0")
    expiration_date: Mapped[datetime | None]
    recredit_types: Mapped[list[str]]
    replaces_id: Mapped[int | None]
    replaced_by_id: Mapped[int | None]
    carried_cents: Mapped[int] = mapped_column(default=0, server_default="0")

    def limit_credit(self) -> None:
        """Bring what may be spent in line with what is granted, never below what is spent."""
        self.credit_cents = self.spent_cents if self.replaced_by_id else max(self.granted_cents, self.spent_cents)


class WalletEntry(Base):
    """A line of the ledger, never changed: spending is positive, a refund negative, cents.

    `reason`: BOOKED, CANCELLED, MOVED_OUT, MOVED_IN (a deposit replaced by another). `domain`: DIGITAL, PHYSICAL, null.
    """

    __tablename__ = "wallet_entry"
    __table_args__ = (
        CheckConstraint("reason IN ('BOOKED', 'CANCELLED', 'MOVED_OUT', 'MOVED_IN')", name="reason"),
        CheckConstraint("domain IN ('DIGITAL', 'PHYSICAL')", name="domain"),
        Index("ix_wallet_entry_wallet", "wallet_id"),
        Index("ix_wallet_entry_booking", "booking_id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    wallet_id: Mapped[int]
    booking_id: Mapped[int]
    amount_cents: Mapped[int]
    domain: Mapped[str | None]
    reason: Mapped[str]
    date_created: Mapped[datetime] = mapped_column(server_default=func.now())
