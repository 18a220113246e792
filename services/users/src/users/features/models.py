"""Feature flags as they are set; what they are is declared in `rules.py`."""

from __future__ import annotations

from sqlalchemy import BigInteger, Identity
from sqlalchemy.orm import Mapped, mapped_column

from users.base import Base


class Feature(Base):
    __tablename__ = "feature"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    description: Mapped[str]
    is_active: Mapped[bool]
