"""Work that waits for a partner: asked for in a transaction, done by the worker afterwards."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from users.base import Base


class PartnerTask(Base):
    """One task; asking twice for the same `kind` and `subject` is one task. `failed_at` is set once it was given up."""

    __tablename__ = "partner_task"
    __table_args__ = (
        Index("uq_partner_task_kind_subject", "kind", "subject", unique=True),
        Index("ix_partner_task_due_at", "due_at", postgresql_where=text("failed_at IS NULL")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    kind: Mapped[str]
    subject: Mapped[str]
    details: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'"))
    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    last_error: Mapped[str | None]
    failed_at: Mapped[datetime | None]
    date_created: Mapped[datetime]
