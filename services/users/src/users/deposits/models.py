"""Credits granted, in cents."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, SmallInteger, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from users.base import Base


class Deposit(Base):
    """A credit of a person. `amount_cents` includes the recredits; `replaces_id` is the deposit that it took over from."""

    __tablename__ = "deposit"
    __table_args__ = (
        Index("uq_deposit_account_id_type", "account_id", "type", unique=True),
        CheckConstraint("amount_cents >= 0", name="amount_not_negative"),
        CheckConstraint("type IN ('GRANT_17_18', 'GRANT_FREE', 'GRANT_15_17', 'GRANT_18')", name="known_type"),
        CheckConstraint("version > 0", name="version"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    type: Mapped[str]
    version: Mapped[int] = mapped_column(SmallInteger)
    amount_cents: Mapped[int]
    source: Mapped[str] = mapped_column(String(300))
    date_created: Mapped[datetime]
    date_updated: Mapped[datetime | None]
    expiration_date: Mapped[datetime | None]
    replaces_id: Mapped[int | None] = mapped_column(BigInteger)
    recredits: Mapped[list[Recredit]] = relationship(
        back_populates="deposit", order_by="Recredit.id", lazy="raise", cascade="all"
    )


class Recredit(Base):
    """An amount added to a deposit."""

    __tablename__ = "recredit"
    __table_args__ = (
        Index(
            "uq_recredit_deposit_id_type",
            "deposit_id",
            "type",
            unique=True,
            postgresql_where=text("type NOT IN ('ManualModification', 'FinanceIncidentRecredit')"),
        ),
        CheckConstraint(
            "type IN ('Recredit15', 'Recredit16', 'Recredit17', 'Recredit18', 'BonusCredit', 'ManualModification',"
            " 'PreviousDeposit', 'FinanceIncidentRecredit')",
            name="known_type",
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    deposit_id: Mapped[int] = mapped_column(ForeignKey("deposit.id", ondelete="CASCADE"), index=True)
    type: Mapped[str]
    amount_cents: Mapped[int]
    date_created: Mapped[datetime]
    comment: Mapped[str | None]
    deposit: Mapped[Deposit] = relationship(back_populates="recredits", lazy="raise")
