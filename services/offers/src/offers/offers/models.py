"""Offers as their partners describe them, and the rules that the platform keeps about them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSTZRANGE, ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, mapped_column, relationship

from offers.base import Base, Id, Instant, text_enum
from offers.images.models import Mediation
from offers.offers.values import ArtistType, ConfidenceLevel, LastValidationType, OfferValidation, WithdrawalType
from offers.products.models import Product
from offers.providers.models import Provider
from offers.stocks.models import PriceCategory, Stock
from offers.venues.models import OffererAddress, OpeningHours, Venue
from shared.clock import now


class Offer(Base):
    """An offer. What is bookable in it is in its stocks; whether people see it depends on `validation` and dates."""

    __tablename__ = "offer"
    __table_args__ = (
        sa.CheckConstraint(r"ean ~ '^\d{13}$'", name="ean"),
        sa.CheckConstraint("last_provider_id IS NULL OR id_at_provider IS NOT NULL", name="id_at_provider"),
        sa.CheckConstraint("duration_minutes >= 0", name="duration"),
        sa.UniqueConstraint("id_at_provider", "venue_id"),
        sa.Index("ix_offer_venue_id", "venue_id", sa.text("id DESC")),
        sa.Index("ix_offer_ean", "ean"),
        sa.Index("ix_offer_product_id", "product_id"),
        sa.Index("ix_offer_offerer_address_id", "offerer_address_id"),
        sa.Index("ix_offer_publication_datetime", "publication_datetime"),
        sa.Index("ix_offer_booking_allowed_datetime", "booking_allowed_datetime"),
        sa.Index("ix_offer_name_trgm", "name", postgresql_using="gin", postgresql_ops={"name": "gin_trgm_ops"}),
    )

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(sa.String(140))
    own_description: Mapped[str | None] = mapped_column("description", sa.Text)
    own_duration_minutes: Mapped[int | None] = mapped_column("duration_minutes", sa.Integer)
    own_extra_data: Mapped[dict[str, Any] | None] = mapped_column("extra_data", JSONB(none_as_null=True))
    ean: Mapped[str | None] = mapped_column(sa.Text)
    subcategory_id: Mapped[str] = mapped_column(sa.String(60))
    product_id: Mapped[int | None] = mapped_column(sa.ForeignKey("product.id"))
    venue_id: Mapped[int] = mapped_column(sa.ForeignKey("venue.id"))
    offerer_address_id: Mapped[int | None] = mapped_column(sa.ForeignKey("offerer_address.id"))
    url: Mapped[str | None] = mapped_column(sa.String(255))
    external_ticket_office_url: Mapped[str | None] = mapped_column(sa.Text)
    booking_email: Mapped[str | None] = mapped_column(sa.String(120))
    booking_contact: Mapped[str | None] = mapped_column(sa.String(120))
    is_duo: Mapped[bool] = mapped_column(default=False)
    is_national: Mapped[bool] = mapped_column(default=False)
    withdrawal_type: Mapped[WithdrawalType | None] = mapped_column(text_enum(WithdrawalType, "withdrawal_type"))
    withdrawal_delay: Mapped[int | None] = mapped_column(sa.BigInteger)
    """Seconds before the event (or after the booking) at which the ticket is given."""
    withdrawal_details: Mapped[str | None] = mapped_column(sa.Text)
    audio_disability_compliant: Mapped[bool | None]
    mental_disability_compliant: Mapped[bool | None]
    motor_disability_compliant: Mapped[bool | None]
    visual_disability_compliant: Mapped[bool | None]
    validation: Mapped[OfferValidation] = mapped_column(
        text_enum(OfferValidation, "validation"), default=OfferValidation.APPROVED
    )
    last_validation_date: Mapped[Instant | None]
    last_validation_type: Mapped[LastValidationType | None] = mapped_column(
        text_enum(LastValidationType, "last_validation_type")
    )
    last_validation_author_user_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    last_validation_price_cents: Mapped[int | None] = mapped_column(sa.BigInteger)
    publication_datetime: Mapped[Instant | None]
    booking_allowed_datetime: Mapped[Instant | None]
    finalization_datetime: Mapped[Instant | None]
    last_provider_id: Mapped[int | None] = mapped_column(sa.ForeignKey("provider.id"))
    id_at_provider: Mapped[str | None] = mapped_column(sa.Text)
    date_created: Mapped[Instant] = mapped_column(default=now)
    date_updated: Mapped[Instant | None] = mapped_column(default=now, onupdate=now)
    date_modified_at_last_provider: Mapped[Instant | None]
    fields_updated: Mapped[list[str]] = mapped_column(ARRAY(sa.Text), default=list)
    ranking_weight: Mapped[int | None]
    author_id: Mapped[int | None] = mapped_column(sa.BigInteger)

    venue: Mapped[Venue] = relationship(lazy="raise")
    offerer_address: Mapped[OffererAddress | None] = relationship(lazy="raise")
    product: Mapped[Product | None] = relationship(lazy="raise")
    last_provider: Mapped[Provider | None] = relationship(lazy="raise", viewonly=True)
    stocks: Mapped[list[Stock]] = relationship(lazy="raise", viewonly=True, order_by="Stock.id")
    price_categories: Mapped[list[PriceCategory]] = relationship(
        lazy="raise", viewonly=True, order_by="PriceCategory.id"
    )
    mediations: Mapped[list[Mediation]] = relationship(lazy="raise", viewonly=True, order_by="Mediation.id.desc()")
    meta_data: Mapped[OfferMetaData | None] = relationship(lazy="raise", viewonly=True, uselist=False)
    headline_offers: Mapped[list[HeadlineOffer]] = relationship(lazy="raise", viewonly=True)
    artist_offer_links: Mapped[list[ArtistOfferLink]] = relationship(
        lazy="raise", viewonly=True, order_by="ArtistOfferLink.id"
    )
    opening_hours: Mapped[list[OpeningHours]] = relationship(lazy="raise", viewonly=True)

    @property
    def description(self) -> str | None:
        """The product's description wins when the offer has a product (load `product` first)."""
        return self.product.description if self.product_id and self.product else self.own_description

    @property
    def duration_minutes(self) -> int | None:
        return self.product.duration_minutes if self.product_id and self.product else self.own_duration_minutes

    @property
    def extra_data(self) -> dict[str, Any]:
        return (self.product.extra_data if self.product_id and self.product else self.own_extra_data) or {}


class OfferMetaData(Base):
    """The video that a partner shows with an offer."""

    __tablename__ = "offer_meta_data"

    id: Mapped[Id]
    offer_id: Mapped[int] = mapped_column(sa.ForeignKey("offer.id", ondelete="CASCADE"), unique=True)
    video_url: Mapped[str | None] = mapped_column(sa.Text)
    video_external_id: Mapped[str | None] = mapped_column(sa.Text)
    video_title: Mapped[str | None] = mapped_column(sa.Text)
    video_thumbnail_url: Mapped[str | None] = mapped_column(sa.Text)
    video_duration: Mapped[int | None] = mapped_column(sa.BigInteger)


class HeadlineOffer(Base):
    """The offer that a venue puts forward during `timespan`: one at a time for an offer and for a venue."""

    __tablename__ = "headline_offer"
    __table_args__ = (
        ExcludeConstraint(("offer_id", "="), ("timespan", "&&"), name="headline_offer_one_per_offer"),
        ExcludeConstraint(("venue_id", "="), ("timespan", "&&"), name="headline_offer_one_per_venue"),
    )

    id: Mapped[Id]
    offer_id: Mapped[int] = mapped_column(sa.ForeignKey("offer.id", ondelete="CASCADE"))
    venue_id: Mapped[int] = mapped_column(sa.ForeignKey("venue.id"))
    timespan: Mapped[Range[Any]] = mapped_column(TSTZRANGE)


class ArtistOfferLink(Base):
    """An artist named on an offer."""

    __tablename__ = "artist_offer_link"
    __table_args__ = (sa.CheckConstraint("artist_id IS NOT NULL OR custom_name IS NOT NULL", name="named"),)

    id: Mapped[Id]
    offer_id: Mapped[int] = mapped_column(sa.ForeignKey("offer.id", ondelete="CASCADE"), index=True)
    artist_type: Mapped[ArtistType] = mapped_column(text_enum(ArtistType, "artist_type"))
    artist_id: Mapped[str | None] = mapped_column(sa.Text)
    custom_name: Mapped[str | None] = mapped_column(sa.Text)


class OfferPriceLimitationRule(Base):
    """How far a price may move from its reference in a subcategory: `rate` 0.2000 means 20 % either way."""

    __tablename__ = "offer_price_limitation_rule"

    id: Mapped[Id]
    subcategory_id: Mapped[str] = mapped_column(sa.String(60), unique=True)
    rate: Mapped[Decimal] = mapped_column(sa.Numeric(5, 4))


class OfferValidationRule(Base):
    """A rule that flags offers for review when all its sub-rules hold.

    `sub_rules`: a list of {"model", "attribute", "operator", "comparated"}.
    """

    __tablename__ = "offer_validation_rule"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(sa.Text)
    is_active: Mapped[bool] = mapped_column(default=True)
    sub_rules: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)


class OfferFlag(Base):
    """Which rules flagged an offer at its last validation."""

    __tablename__ = "offer_flag"

    offer_id: Mapped[int] = mapped_column(sa.ForeignKey("offer.id", ondelete="CASCADE"), primary_key=True)
    rule_id: Mapped[int] = mapped_column(
        sa.ForeignKey("offer_validation_rule.id", ondelete="CASCADE"), primary_key=True
    )


class ConfidenceRule(Base):
    """A standing decision about the offers of one offerer or one venue."""

    __tablename__ = "confidence_rule"
    __table_args__ = (sa.CheckConstraint("(offerer_id IS NULL) <> (venue_id IS NULL)", name="one_owner"),)

    id: Mapped[Id]
    offerer_id: Mapped[int | None] = mapped_column(sa.ForeignKey("offerer.id"), unique=True)
    venue_id: Mapped[int | None] = mapped_column(sa.ForeignKey("venue.id"), unique=True)
    confidence_level: Mapped[ConfidenceLevel] = mapped_column(text_enum(ConfidenceLevel, "level"))
