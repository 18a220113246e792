"""Venues (cultural partners), their contact and opening hours, and the addresses of venues and offers."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from offers.base import Base, Id, Instant, text_enum
from offers.offerers.models import Offerer
from offers.venues.values import LocationType, Weekday
from shared.clock import now


class Venue(Base):
    """A cultural partner: an establishment (or a virtual one) of an offerer."""

    __tablename__ = "venue"
    __table_args__ = (
        sa.CheckConstraint("siret IS NOT NULL OR comment IS NOT NULL", name="siret_or_comment"),
        sa.Index("ix_venue_managing_offerer_id", "managing_offerer_id"),
    )

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(sa.String(140))
    public_name: Mapped[str] = mapped_column(sa.String(255))
    siret: Mapped[str | None] = mapped_column(sa.String(14), unique=True)
    comment: Mapped[str | None] = mapped_column(sa.Text)
    managing_offerer_id: Mapped[int] = mapped_column(sa.ForeignKey("offerer.id"))
    booking_email: Mapped[str | None] = mapped_column(sa.String(120))
    is_virtual: Mapped[bool] = mapped_column(default=False)
    is_permanent: Mapped[bool] = mapped_column(default=False)
    is_open_to_public: Mapped[bool] = mapped_column(default=False)
    venue_type_code: Mapped[str] = mapped_column(sa.String(40), default="OTHER")
    activity: Mapped[str | None] = mapped_column(sa.String(40))
    description: Mapped[str | None] = mapped_column(sa.Text)
    withdrawal_details: Mapped[str | None] = mapped_column(sa.Text)
    audio_disability_compliant: Mapped[bool | None]
    mental_disability_compliant: Mapped[bool | None]
    motor_disability_compliant: Mapped[bool | None]
    visual_disability_compliant: Mapped[bool | None]
    banner_url: Mapped[str | None] = mapped_column(sa.Text)
    banner_meta: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    adage_id: Mapped[str | None] = mapped_column(sa.Text)
    adage_inscription_date: Mapped[Instant | None]
    dms_token: Mapped[str] = mapped_column(sa.String(12), unique=True)
    date_created: Mapped[Instant] = mapped_column(default=now)
    is_soft_deleted: Mapped[bool] = mapped_column(default=False)
    pricing_point_id: Mapped[int | None] = mapped_column(sa.ForeignKey("venue.id"))
    """The venue whose SIRET the reimbursements of this one are computed on; itself when it has a SIRET."""

    managing_offerer: Mapped[Offerer] = relationship(lazy="raise")
    pricing_point: Mapped[Venue | None] = relationship(lazy="raise", remote_side="Venue.id", viewonly=True)
    offerer_address: Mapped[OffererAddress | None] = relationship(
        primaryjoin=lambda: sa.and_(
            sa.orm.foreign(OffererAddress.venue_id) == Venue.id, OffererAddress.type == LocationType.VENUE_LOCATION
        ),
        uselist=False,
        viewonly=True,
        lazy="raise",
    )
    contact: Mapped[VenueContact | None] = relationship(lazy="raise", uselist=False, back_populates="venue")
    opening_hours: Mapped[list[OpeningHours]] = relationship(lazy="raise", viewonly=True)

    @property
    def common_name(self) -> str:
        """The name that people know."""
        return self.public_name or self.name


class VenueContact(Base):
    """How the public reaches a venue; `social_medias` maps facebook, instagram, snapchat and twitter to addresses."""

    __tablename__ = "venue_contact"

    id: Mapped[Id]
    venue_id: Mapped[int] = mapped_column(sa.ForeignKey("venue.id", ondelete="CASCADE"), unique=True)
    email: Mapped[str | None] = mapped_column(sa.String(256))
    website: Mapped[str | None] = mapped_column(sa.String(256))
    phone_number: Mapped[str | None] = mapped_column(sa.String(64))
    social_medias: Mapped[dict[str, str]] = mapped_column(JSONB, default=dict)

    venue: Mapped[Venue] = relationship(back_populates="contact", lazy="raise")


class OpeningHours(Base):
    """When a venue, or an offer, is open on a weekday.

    `timespan` is a list of at most two [start, end] in minutes since midnight, or null when closed.
    """

    __tablename__ = "opening_hours"
    __table_args__ = (
        sa.CheckConstraint("(venue_id IS NULL) <> (offer_id IS NULL)", name="one_owner"),
        sa.UniqueConstraint("venue_id", "weekday"),
        sa.UniqueConstraint("offer_id", "weekday"),
    )

    id: Mapped[Id]
    venue_id: Mapped[int | None] = mapped_column(sa.ForeignKey("venue.id", ondelete="CASCADE"))
    offer_id: Mapped[int | None] = mapped_column(sa.ForeignKey("offer.id", ondelete="CASCADE"))
    weekday: Mapped[Weekday] = mapped_column(text_enum(Weekday, "weekday"))
    timespan: Mapped[list[list[int]] | None] = mapped_column(JSONB(none_as_null=True))


class Address(Base):
    """A place on earth, shared by every offerer that uses it."""

    __tablename__ = "address"
    __table_args__ = (
        sa.UniqueConstraint(
            "ban_id",
            "insee_code",
            "street",
            "postal_code",
            "city",
            "latitude",
            "longitude",
            name="uq_address_place",
            postgresql_nulls_not_distinct=True,
        ),
        sa.CheckConstraint("length(insee_code) = 5", name="insee_code"),
        sa.CheckConstraint("length(postal_code) = 5", name="postal_code"),
        sa.CheckConstraint("length(city) <= 50", name="city"),
        sa.CheckConstraint("length(department_code) IN (2, 3)", name="department_code"),
    )

    id: Mapped[Id]
    ban_id: Mapped[str | None] = mapped_column(sa.Text)
    insee_code: Mapped[str | None] = mapped_column(sa.Text)
    street: Mapped[str] = mapped_column(sa.Text)
    postal_code: Mapped[str] = mapped_column(sa.Text)
    city: Mapped[str] = mapped_column(sa.Text)
    latitude: Mapped[Decimal] = mapped_column(sa.Numeric(8, 5))
    longitude: Mapped[Decimal] = mapped_column(sa.Numeric(8, 5))
    department_code: Mapped[str] = mapped_column(sa.Text, index=True)
    timezone: Mapped[str] = mapped_column(sa.Text, default="Europe/Paris")
    is_manual_edition: Mapped[bool] = mapped_column(default=False)


class OffererAddress(Base):
    """An address as an offerer uses it: where a venue is, or where an offer takes place."""

    __tablename__ = "offerer_address"
    __table_args__ = (
        sa.Index(
            "uq_offerer_address_venue_location",
            "venue_id",
            unique=True,
            postgresql_where=sa.text("type = 'VENUE_LOCATION'"),
        ),
        sa.Index("ix_offerer_address_offerer_id", "offerer_id"),
        sa.Index("ix_offerer_address_address_id", "address_id"),
        sa.CheckConstraint("type <> 'VENUE_LOCATION' OR venue_id IS NOT NULL", name="venue"),
    )

    id: Mapped[Id]
    label: Mapped[str | None] = mapped_column(sa.Text)
    address_id: Mapped[int] = mapped_column(sa.ForeignKey("address.id"))
    offerer_id: Mapped[int] = mapped_column(sa.ForeignKey("offerer.id"))
    type: Mapped[LocationType | None] = mapped_column(text_enum(LocationType, "type"))
    venue_id: Mapped[int | None] = mapped_column(sa.ForeignKey("venue.id"))

    address: Mapped[Address] = relationship(lazy="raise")
