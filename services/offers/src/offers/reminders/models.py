"""Reminders."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from offers.base import Base, Id, Instant
from shared.clock import now


class OfferReminder(Base):
    """A young person's wish to be told once when an offer becomes bookable. `user_id` is an account of `users`."""

    __tablename__ = "offer_reminder"
    __table_args__ = (sa.UniqueConstraint("user_id", "offer_id"),)

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(sa.BigInteger)
    offer_id: Mapped[int] = mapped_column(sa.ForeignKey("offer.id", ondelete="CASCADE"), index=True)
    date_created: Mapped[Instant] = mapped_column(default=now)
