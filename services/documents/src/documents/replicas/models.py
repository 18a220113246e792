"""Facts of other contexts as documents keeps them. Written by subscribers alone."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped

from documents.base import Base
from shared.database.replicas import Replica

# When a booking's event begins, and when the booking ends: UTC text, as the states write it.
BEGINS = "(state #>> '{stock,beginning_datetime}')"
EXPIRES = "(state ->> 'expiration_date')"


class BookingReplica(Replica, Base):
    """A booking. `state` is the event's whole state as JSON (personal data); the columns repeat what SQL filters on."""

    __tablename__ = "booking_replica"
    __table_args__ = (
        Index("ix_booking_replica_user_id", "user_id"),
        Index("ix_booking_replica_token", "token"),
        Index("ix_booking_replica_stock_standing", "stock_id", postgresql_where=text("status = 'CONFIRMED'")),
        Index("ix_booking_replica_begins", text(BEGINS), postgresql_where=text("status IN ('CONFIRMED', 'USED')")),
        Index("ix_booking_replica_expires", text(EXPIRES), postgresql_where=text("status = 'CONFIRMED'")),
    )

    user_id: Mapped[int]
    stock_id: Mapped[int]
    token: Mapped[str]
    status: Mapped[str]
    state: Mapped[dict[str, Any]]


class DepositReplica(Replica, Base):
    """A credit: whether somebody can book again hangs on its expiry."""

    __tablename__ = "deposit_replica"
    __table_args__ = (Index("ix_deposit_replica_user_id", "user_id"),)

    user_id: Mapped[int]
    expiration_date: Mapped[datetime | None]
