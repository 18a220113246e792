"""Legal entities and the people attached to them."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from offers.base import Base, Id, Instant, text_enum
from offers.offerers.values import ValidationStatus
from shared.clock import now


class Offerer(Base):
    """A legal entity, known by its SIREN, or by `NC` and its RID7 in New Caledonia."""

    __tablename__ = "offerer"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(sa.String(140))
    siren: Mapped[str] = mapped_column(sa.String(9), unique=True)
    street: Mapped[str | None] = mapped_column(sa.Text)
    date_created: Mapped[Instant] = mapped_column(default=now)
    date_validated: Mapped[Instant | None]
    validation_status: Mapped[ValidationStatus] = mapped_column(
        text_enum(ValidationStatus, "validation_status"), default=ValidationStatus.NEW
    )
    is_active: Mapped[bool] = mapped_column(default=True)
    allowed_on_adage: Mapped[bool] = mapped_column(default=False)

    user_offerers: Mapped[list[UserOfferer]] = relationship(back_populates="offerer", lazy="raise")


class UserOfferer(Base):
    """The attachment of a user to an offerer; only VALIDATED gives access."""

    __tablename__ = "user_offerer"
    __table_args__ = (sa.UniqueConstraint("user_id", "offerer_id"),)

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(sa.BigInteger)
    offerer_id: Mapped[int] = mapped_column(sa.ForeignKey("offerer.id"), index=True)
    validation_status: Mapped[ValidationStatus] = mapped_column(
        text_enum(ValidationStatus, "validation_status"), default=ValidationStatus.NEW
    )
    date_created: Mapped[Instant | None] = mapped_column(default=now)

    offerer: Mapped[Offerer] = relationship(back_populates="user_offerers", lazy="raise")
