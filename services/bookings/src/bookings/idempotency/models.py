"""Keys and the answers that they got."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, Integer
from sqlalchemy.orm import Mapped, mapped_column

from bookings.base import Base


class IdempotencyKey(Base):
    """The answer that a caller's key got. It is written once, with the effect or with the refusal, and never changed.

    `fingerprint` tells whether a later request under the same key is the same one.
    """

    __tablename__ = "idempotency_key"
    __table_args__ = (
        CheckConstraint("status BETWEEN 200 AND 499", name="status"),
        CheckConstraint("status NOT IN (409, 429)", name="settled"),
        CheckConstraint("length(key) BETWEEN 1 AND 255", name="key_length"),
        Index("ix_idempotency_key_date_created", "date_created"),
    )

    user_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    key: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[str]
    status: Mapped[int] = mapped_column(Integer)
    body: Mapped[dict[str, Any]]
    date_created: Mapped[datetime]
