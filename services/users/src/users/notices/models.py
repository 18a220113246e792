"""Messages asked for. What they say (links, codes) is in the event alone, never in this table."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index
from sqlalchemy.orm import Mapped, mapped_column

from users.base import Base


class NoticeRow(Base):
    """A mail or an SMS that was asked for. `account_id` is null for somebody who has no account."""

    __tablename__ = "notice"
    __table_args__ = (
        CheckConstraint("channel IN ('email', 'sms')", name="channel"),
        Index("ix_notice_account_id_kind_date_created", "account_id", "kind", "date_created"),
        Index("ix_notice_date_created", "date_created"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    kind: Mapped[str]
    channel: Mapped[str]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    recipient: Mapped[str]
    date_created: Mapped[datetime]
