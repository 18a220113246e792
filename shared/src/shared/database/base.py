"""The declarative base of a service and the tables that the mechanics need in every database."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Boolean, DateTime, Identity, Index, LargeBinary, MetaData, String, Table, Text, Uuid
from sqlalchemy import Column as SqlColumn
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.sql import text

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class _Columns:
    """Types as this project stores them: aware timestamps, 64-bit integers, text."""

    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: DateTime(timezone=True),
        int: BigInteger(),
        str: Text(),
        bool: Boolean(),
        dict[str, Any]: JSONB(),
        list[str]: ARRAY(Text()),
    }


def new_base() -> type[DeclarativeBase]:
    """A base with a metadata of its own, the technical tables included. One a service, in `<context>/base.py`.

    Each derives from DeclarativeBase directly, which gives it a registry of its own: in a process that imports several
    services (the tests), a name in a `relationship` means the class of the same service.
    """
    metadata = MetaData(naming_convention=NAMING)
    _technical_tables(metadata)
    return type("Base", (_Columns, DeclarativeBase), {"metadata": metadata})


def _technical_tables(metadata: MetaData) -> None:
    Table(
        "outbox",
        metadata,
        # The identity is drawn while the aggregate's row is locked, so it also serves as the aggregate's version.
        SqlColumn("id", BigInteger, Identity(always=True), primary_key=True),
        SqlColumn("event_id", Uuid, nullable=False, unique=True),
        SqlColumn("stream", Text, nullable=False),
        SqlColumn("name", Text, nullable=False),
        SqlColumn("schema_version", BigInteger, nullable=False),
        SqlColumn("aggregate_id", BigInteger, nullable=False),
        SqlColumn("occurred_at", DateTime(timezone=True), nullable=False),
        SqlColumn("trace", Text),
        SqlColumn("state", JSONB, nullable=False),
        SqlColumn("published_at", DateTime(timezone=True)),
        Index("ix_outbox_unpublished", "id", postgresql_where=text("published_at IS NULL")),
        Index("ix_outbox_published_at", "published_at"),
    )
    Table(
        "inbox",
        metadata,
        SqlColumn("event_id", Uuid, primary_key=True),
        SqlColumn("name", Text, nullable=False),
        SqlColumn("received_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
        Index("ix_inbox_received_at", "received_at"),
    )
    Table(
        "identity_key",
        metadata,
        SqlColumn("issuer", String(40), primary_key=True),
        SqlColumn("jwks", LargeBinary, nullable=False),
        SqlColumn("fetched_at", DateTime(timezone=True), nullable=False),
    )
    Table(
        "feature",
        metadata,
        SqlColumn("id", BigInteger, Identity(), primary_key=True),
        SqlColumn("name", Text, nullable=False, unique=True),
        SqlColumn("description", Text, nullable=False),
        SqlColumn("is_active", Boolean, nullable=False),
        # Of the last change by people; of none before it.
        SqlColumn("changed_at", DateTime(timezone=True)),
        SqlColumn("changed_by", Text),
        SqlColumn("reason", Text),
    )
