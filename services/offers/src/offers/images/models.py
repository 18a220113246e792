"""The image that a partner gives to an offer."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from offers.base import Base, Id, Instant
from shared.clock import now


class Mediation(Base):
    """An image of an offer; only one is kept. Its file has the key `thumb_key` in the storage."""

    __tablename__ = "mediation"

    id: Mapped[Id]
    offer_id: Mapped[int] = mapped_column(sa.ForeignKey("offer.id", ondelete="CASCADE"), index=True)
    author_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    credit: Mapped[str | None] = mapped_column(sa.String(255))
    date_created: Mapped[Instant] = mapped_column(default=now)
    is_active: Mapped[bool] = mapped_column(default=True)
    thumb_count: Mapped[int] = mapped_column(default=0)
