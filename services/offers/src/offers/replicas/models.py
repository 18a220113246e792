"""What `offers` keeps of other contexts' facts; subscribers alone write these tables."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from offers.base import Base
from shared.database import Replica


class UserReplica(Replica, Base):
    """An account of `users`."""

    __tablename__ = "user_replica"

    email: Mapped[str] = mapped_column(sa.Text, index=True)
    roles: Mapped[list[str]] = mapped_column(ARRAY(sa.Text))
    is_active: Mapped[bool]


class InventoryReplica(Replica, Base):
    """How many of a stock are booked, as `bookings` said; `id` is the stock's."""

    __tablename__ = "inventory_replica"
    __table_args__ = (sa.CheckConstraint("booked_quantity >= 0", name="booked"),)

    offer_id: Mapped[int] = mapped_column(sa.BigInteger, index=True)
    quantity: Mapped[int | None] = mapped_column(sa.BigInteger)
    booked_quantity: Mapped[int] = mapped_column(sa.BigInteger)
