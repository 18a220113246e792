"""The book of outgoing mail."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Identity, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from documents.base import Base

STATES = ("queued", "sending", "sent", "failed")
CHANNELS = ("email", "sms")


class Mail(Base):
    """One mail or text to one recipient, because of one event: that triple is its identity, so no event mails twice.

    Personal data lives in `recipient`, `reply_to` and `parameters` alone; the text is composed from `parameters` when
    the mail is sent or looked at. `gather_key` is set while a recap still takes lines. `message_id` is the same at every
    attempt, so that a mailbox which got a mail twice around a crash shows it once. `trace` is the W3C traceparent of the
    event, for the spans of the sending. `people` are the accounts that the message is to or names; `recipient` is an
    address, or the E.164 number of a text.
    """

    __tablename__ = "mail"
    __table_args__ = (
        UniqueConstraint("event_id", "kind", "recipient"),
        CheckConstraint(f"state IN {STATES!r}", name="state"),
        CheckConstraint(f"channel IN {CHANNELS!r}", name="channel"),
        Index("ix_mail_people", "people", postgresql_using="gin"),
        Index("ix_mail_due", "next_attempt_at", "id", postgresql_where=text("state = 'queued'")),
        Index("ix_mail_claimed", "claimed_at", postgresql_where=text("state = 'sending'")),
        Index("ix_mail_recipient", "recipient"),
        Index("ix_mail_user_id", "user_id"),
        Index("ix_mail_booking_id", "booking_id"),
        Index(
            "uq_mail_gathering",
            "kind",
            "recipient",
            "gather_key",
            unique=True,
            postgresql_where=text("gather_key IS NOT NULL AND state = 'queued'"),
        ),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    event_id: Mapped[UUID]
    kind: Mapped[str]
    channel: Mapped[str] = mapped_column(server_default="email", default="email")
    people: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), server_default="{}", default=list)
    booking_id: Mapped[int | None]
    user_id: Mapped[int | None]
    recipient: Mapped[str]
    reply_to: Mapped[str | None]
    parameters: Mapped[dict[str, Any]] = mapped_column(JSONB)
    gather_key: Mapped[str | None]
    message_id: Mapped[str]
    trace: Mapped[str | None]
    state: Mapped[str] = mapped_column(server_default="queued", default="queued")
    created_at: Mapped[datetime]
    next_attempt_at: Mapped[datetime]
    claimed_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    sent_by: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(server_default=text("0"), default=0)
    last_error: Mapped[str | None]
