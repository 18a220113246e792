"""Technical partners (ticketing, stock software), their links to offerers and venues, and their keys."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from offers.base import Base, Cents, Id, Instant
from offers.offerers.models import Offerer
from shared.clock import now
from shared.identity.keyring import SigningKeyColumns


class Provider(Base):
    """A technical partner. With both addresses set it has a ticketing service."""

    __tablename__ = "provider"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(sa.String(90))
    local_class: Mapped[str | None] = mapped_column(sa.String(60), unique=True)
    is_active: Mapped[bool] = mapped_column(default=False)
    enabled_for_pro: Mapped[bool] = mapped_column(default=False)
    logo_url: Mapped[str | None] = mapped_column(sa.Text)
    booking_external_url: Mapped[str | None] = mapped_column(sa.Text)
    cancel_external_url: Mapped[str | None] = mapped_column(sa.Text)
    notification_external_url: Mapped[str | None] = mapped_column(sa.Text)
    hmac_key: Mapped[str | None] = mapped_column(sa.Text)
    prices_in_cents: Mapped[bool] = mapped_column(default=False)

    offerer_provider: Mapped[OffererProvider | None] = relationship(lazy="raise", uselist=False, viewonly=True)

    @property
    def has_ticketing_service(self) -> bool:
        return bool(self.booking_external_url and self.cancel_external_url)


class OffererProvider(Base):
    """The offerer that a provider of the public API belongs to."""

    __tablename__ = "offerer_provider"
    __table_args__ = (sa.UniqueConstraint("offerer_id", "provider_id"),)

    id: Mapped[Id]
    offerer_id: Mapped[int] = mapped_column(sa.ForeignKey("offerer.id"))
    provider_id: Mapped[int] = mapped_column(sa.ForeignKey("provider.id"), index=True)

    offerer: Mapped[Offerer] = relationship(lazy="raise")


class VenueProvider(Base):
    """A venue whose offers a provider may manage."""

    __tablename__ = "venue_provider"
    __table_args__ = (
        sa.UniqueConstraint(
            "venue_id", "provider_id", "venue_id_at_offer_provider", postgresql_nulls_not_distinct=True
        ),
        sa.CheckConstraint("price_cents >= 0", name="price"),
        sa.CheckConstraint("(booking_external_url IS NULL) = (cancel_external_url IS NULL)", name="ticketing_urls"),
    )

    id: Mapped[Id]
    venue_id: Mapped[int] = mapped_column(sa.ForeignKey("venue.id"))
    provider_id: Mapped[int] = mapped_column(sa.ForeignKey("provider.id"), index=True)
    venue_id_at_offer_provider: Mapped[str | None] = mapped_column(sa.String(70))
    is_active: Mapped[bool] = mapped_column(default=True)
    is_duo_offers: Mapped[bool | None]
    quantity: Mapped[int | None]
    price_cents: Mapped[Cents | None]
    last_sync_date: Mapped[Instant | None]
    date_created: Mapped[Instant] = mapped_column(default=now)
    booking_external_url: Mapped[str | None] = mapped_column(sa.Text)
    cancel_external_url: Mapped[str | None] = mapped_column(sa.Text)
    notification_external_url: Mapped[str | None] = mapped_column(sa.Text)

    provider: Mapped[Provider] = relationship(lazy="raise")


class ApiKey(Base):
    """A provider's key; the secret is kept as its SHA3-512 digest alone."""

    __tablename__ = "api_key"

    id: Mapped[Id]
    provider_id: Mapped[int] = mapped_column(sa.ForeignKey("provider.id"), index=True)
    prefix: Mapped[str] = mapped_column(sa.Text, unique=True)
    secret_hash: Mapped[bytes] = mapped_column(sa.LargeBinary)
    date_created: Mapped[Instant] = mapped_column(default=now)

    provider: Mapped[Provider] = relationship(lazy="raise")


class SigningKeyRow(SigningKeyColumns, Base):
    """A key that signs the tokens of providers."""

    __tablename__ = "signing_key"
