"""One-time tokens that were given out and may still be used."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from users.base import Base


class OneTimeToken(Base):
    """A token, of which the database knows the hash alone.

    `account_id` is null for tokens of somebody who has no account yet. `consumed_at` is set rather than the row deleted
    where the second use of a link must be told from a link that never was.
    """

    __tablename__ = "one_time_token"
    __table_args__ = (
        Index("uq_one_time_token_type_account_id", "type", "account_id", unique=True),
        Index("uq_one_time_token_secret_hash", "secret_hash", unique=True),
        Index("ix_one_time_token_account_id", "account_id"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    type: Mapped[str]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary)
    data: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    consumed_at: Mapped[datetime | None]
