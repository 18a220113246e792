"""The flags of the other services, as they told."""

from __future__ import annotations

from sqlalchemy.orm import Mapped

from shared.database import Replica
from users.base import Base


class _Feature(Replica):
    name: Mapped[str]
    is_active: Mapped[bool]
    portal: Mapped[bool]


class OffersFeatureReplica(_Feature, Base):
    __tablename__ = "offers_feature_replica"


class BookingsFeatureReplica(_Feature, Base):
    __tablename__ = "bookings_feature_replica"


class DocumentsFeatureReplica(_Feature, Base):
    __tablename__ = "documents_feature_replica"


# A table for each owner: what an owner does not know any more can then be told.
REPLICAS: dict[str, type[_Feature]] = {
    "offers": OffersFeatureReplica,
    "bookings": BookingsFeatureReplica,
    "documents": DocumentsFeatureReplica,
}
