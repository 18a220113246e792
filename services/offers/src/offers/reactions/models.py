"""Reactions, and what must be known of bookings to accept them."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from offers.base import Base, Id, Instant, text_enum
from offers.reactions.values import ReactionType
from shared.clock import now
from shared.database import Replica


class Reaction(Base):
    """What a person thought of a product, or of an offer that has none. `user_id` is an account of `users`."""

    __tablename__ = "reaction"
    __table_args__ = (
        sa.CheckConstraint("(offer_id IS NULL) <> (product_id IS NULL)", name="one_target"),
        sa.UniqueConstraint("user_id", "offer_id", "product_id", postgresql_nulls_not_distinct=True),
    )

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(sa.BigInteger)
    offer_id: Mapped[int | None] = mapped_column(sa.ForeignKey("offer.id", ondelete="CASCADE"), index=True)
    product_id: Mapped[int | None] = mapped_column(sa.ForeignKey("product.id", ondelete="CASCADE"), index=True)
    reaction_type: Mapped[ReactionType] = mapped_column(text_enum(ReactionType, "reaction_type"))
    date_updated: Mapped[Instant] = mapped_column(default=now, onupdate=now)


class BookingReplica(Replica, Base):
    """A booking, as `bookings` told it: who booked which offer, and whether it was used."""

    __tablename__ = "booking_replica"
    __table_args__ = (
        sa.Index("ix_booking_replica_user_id_offer_id", "user_id", "offer_id"),
        sa.Index("ix_booking_replica_offer_id_date_created", "offer_id", "date_created"),
    )

    user_id: Mapped[int] = mapped_column(sa.BigInteger)
    offer_id: Mapped[int] = mapped_column(sa.BigInteger)
    product_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    subcategory_id: Mapped[str] = mapped_column(sa.String(60))
    status: Mapped[str] = mapped_column(sa.String(20))
    date_created: Mapped[Instant]
    date_used: Mapped[Instant | None]
