"""People who were made anonymous."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Mapped, mapped_column

from documents.base import Base


class ErasedPerson(Base):
    """Somebody of whom nothing is kept, and what `users` says of them since.

    Facts and messages that still carry the person's name may arrive late, on other streams: they are cleaned by this.
    """

    __tablename__ = "erased_person"

    user_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    email: Mapped[str]
    birth_date: Mapped[date | None]
    department_code: Mapped[str | None]
    erased_at: Mapped[datetime]
