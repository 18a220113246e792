"""Products: what several venues offer alike (a book, a record, a film)."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from offers.base import Base, Id, text_enum
from offers.products.values import GcuCompatibility, ProductImageType


class Product(Base):
    __tablename__ = "product"
    __table_args__ = (
        sa.CheckConstraint(r"ean ~ '^\d{13}$'", name="ean"),
        sa.Index(
            "uq_product_allocine_id",
            sa.text("(extra_data ->> 'allocineId')"),
            unique=True,
        ),
        sa.Index("uq_product_visa", sa.text("(extra_data ->> 'visa')"), unique=True),
        sa.CheckConstraint("chronicles_count >= 0 AND headlines_count >= 0 AND likes_count >= 0", name="counters"),
    )

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(sa.String(140))
    description: Mapped[str | None] = mapped_column(sa.Text)
    duration_minutes: Mapped[int | None]
    subcategory_id: Mapped[str] = mapped_column(sa.String(60))
    extra_data: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    ean: Mapped[str | None] = mapped_column(sa.String(13), unique=True)
    gcu_compatibility_type: Mapped[GcuCompatibility] = mapped_column(
        text_enum(GcuCompatibility, "gcu_compatibility_type"), default=GcuCompatibility.COMPATIBLE
    )
    last_30_days_booking: Mapped[int | None]
    last_provider_id: Mapped[int | None] = mapped_column(sa.ForeignKey("provider.id"))
    chronicles_count: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    headlines_count: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    likes_count: Mapped[int] = mapped_column(sa.BigInteger, default=0)

    product_mediations: Mapped[list[ProductMediation]] = relationship(lazy="raise", viewonly=True)


class ProductMediation(Base):
    """An image of a product; `uuid` names its object in the storage."""

    __tablename__ = "product_mediation"

    id: Mapped[Id]
    product_id: Mapped[int] = mapped_column(sa.ForeignKey("product.id", ondelete="CASCADE"), index=True)
    image_type: Mapped[ProductImageType] = mapped_column(text_enum(ProductImageType, "image_type"))
    uuid: Mapped[str] = mapped_column(sa.Text, unique=True)
    last_provider_id: Mapped[int | None] = mapped_column(sa.ForeignKey("provider.id"))
