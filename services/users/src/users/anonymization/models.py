"""Extracts of a person's data: who asked, and whether it was made."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from shared.events import erasure
from users.base import Base


class ErasedPerson(erasure.ErasedPerson, Base):
    """An account that was made anonymous; see `anonymization.told`."""

    __tablename__ = "erased_person"


class GdprExtract(Base):
    """An extract asked for by an agent; the files are `documents`'. It lapses seven days after it was asked for."""

    __tablename__ = "gdpr_extract"
    __table_args__ = (
        Index("ix_gdpr_extract_unprocessed", "date_created", postgresql_where=text("date_processed IS NULL")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    author_id: Mapped[int]
    date_created: Mapped[datetime]
    date_processed: Mapped[datetime | None]
