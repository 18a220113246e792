"""Other contexts' facts, written by subscribers alone."""

from __future__ import annotations

from sqlalchemy import BigInteger, Index
from sqlalchemy.orm import Mapped, mapped_column

from shared.database import Replica
from users.base import Base


class AttachmentReplica(Replica, Base):
    """A person's right to act for an offerer, as `offers` says."""

    __tablename__ = "attachment_replica"
    __table_args__ = (
        Index("ix_attachment_replica_user_id", "user_id"),
        Index("ix_attachment_replica_offerer_id", "offerer_id"),
    )

    user_id: Mapped[int]
    offerer_id: Mapped[int]
    validation_status: Mapped[str]


class OffererReplica(Replica, Base):
    """A legal entity, as `offers` says."""

    __tablename__ = "offerer_replica"

    is_active: Mapped[bool]
    validation_status: Mapped[str]


class ActiveOfferer(Base):
    """An offerer that has, or had, an offer beyond a draft. Rows are added and never change."""

    __tablename__ = "active_offerer"

    offerer_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)


class WalletReplica(Replica, Base):
    """What a deposit has left, as `bookings` says; `id` is the deposit's."""

    __tablename__ = "wallet_replica"

    user_id: Mapped[int]
    credit_cents: Mapped[int]
    spent_cents: Mapped[int]
