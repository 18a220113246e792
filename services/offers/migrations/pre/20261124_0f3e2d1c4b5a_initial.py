"""The first tables."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from offers.search.types import Cube

revision: str = "0f3e2d1c4b5a"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = ("pre",)
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    for extension in ("btree_gist", "pg_trgm", "cube"):
        op.execute(f"CREATE EXTENSION IF NOT EXISTS {extension}")
    # Stems of French, every word kept: our own list of stop words was applied before (search).
    op.execute("CREATE TEXT SEARCH DICTIONARY offers_french (TEMPLATE = snowball, LANGUAGE = french)")
    op.execute("CREATE TEXT SEARCH CONFIGURATION offers_french (COPY = simple)")
    op.execute(
        "ALTER TEXT SEARCH CONFIGURATION offers_french "
        "ALTER MAPPING FOR asciiword, word, hword, asciihword, hword_part, hword_asciipart WITH offers_french"
    )
    op.create_table(
        "signing_key",
        sa.Column("kid", sa.Text(), nullable=False),
        sa.Column("public_jwk", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("encrypted_private_jwk", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("active_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("kid", name=op.f("pk_signing_key")),
    )
    op.create_table(
        "address",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("ban_id", sa.Text(), nullable=True),
        sa.Column("insee_code", sa.Text(), nullable=True),
        sa.Column("street", sa.Text(), nullable=False),
        sa.Column("postal_code", sa.Text(), nullable=False),
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("latitude", sa.Numeric(precision=8, scale=5), nullable=False),
        sa.Column("longitude", sa.Numeric(precision=8, scale=5), nullable=False),
        sa.Column("department_code", sa.Text(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("is_manual_edition", sa.Boolean(), nullable=False),
        sa.CheckConstraint("length(city) <= 50", name=op.f("ck_address_city")),
        sa.CheckConstraint("length(department_code) IN (2, 3)", name=op.f("ck_address_department_code")),
        sa.CheckConstraint("length(insee_code) = 5", name=op.f("ck_address_insee_code")),
        sa.CheckConstraint("length(postal_code) = 5", name=op.f("ck_address_postal_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_address")),
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
    )
    op.create_index(op.f("ix_address_department_code"), "address", ["department_code"], unique=False)
    op.create_table(
        "booking_replica",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("offer_id", sa.BigInteger(), nullable=False),
        sa.Column("product_id", sa.BigInteger(), nullable=True),
        sa.Column("subcategory_id", sa.String(length=60), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("date_created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("date_used", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking_replica")),
    )
    op.create_index(
        "ix_booking_replica_offer_id_date_created", "booking_replica", ["offer_id", "date_created"], unique=False
    )
    op.create_index("ix_booking_replica_user_id_offer_id", "booking_replica", ["user_id", "offer_id"], unique=False)
    op.create_table(
        "identity_key",
        sa.Column("issuer", sa.String(length=40), nullable=False),
        sa.Column("jwks", sa.LargeBinary(), nullable=False),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("issuer", name=op.f("pk_identity_key")),
    )
    op.create_table(
        "inbox",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_inbox")),
    )
    op.create_index("ix_inbox_received_at", "inbox", ["received_at"], unique=False)
    op.create_table(
        "inventory_replica",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("offer_id", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=True),
        sa.Column("booked_quantity", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("booked_quantity >= 0", name=op.f("ck_inventory_replica_booked")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inventory_replica")),
    )
    op.create_index(op.f("ix_inventory_replica_offer_id"), "inventory_replica", ["offer_id"], unique=False)
    op.create_table(
        "offer_price_limitation_rule",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("subcategory_id", sa.String(length=60), nullable=False),
        sa.Column("rate", sa.Numeric(precision=5, scale=4), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offer_price_limitation_rule")),
        sa.UniqueConstraint("subcategory_id", name=op.f("uq_offer_price_limitation_rule_subcategory_id")),
    )
    op.create_table(
        "offer_validation_rule",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("sub_rules", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offer_validation_rule")),
    )
    op.create_table(
        "offerer",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=140), nullable=False),
        sa.Column("siren", sa.String(length=9), nullable=False),
        sa.Column("street", sa.Text(), nullable=True),
        sa.Column("date_created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("date_validated", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "validation_status",
            sa.Enum(
                "NEW",
                "PENDING",
                "VALIDATED",
                "REJECTED",
                "DELETED",
                "CLOSED",
                name="validation_status",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("allowed_on_adage", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offerer")),
        sa.UniqueConstraint("siren", name=op.f("uq_offerer_siren")),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("schema_version", sa.BigInteger(), nullable=False),
        sa.Column("aggregate_id", sa.BigInteger(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("trace", sa.Text(), nullable=True),
        sa.Column("state", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("event_id", name=op.f("uq_outbox_event_id")),
    )
    op.create_index("ix_outbox_published_at", "outbox", ["published_at"], unique=False)
    op.create_index(
        "ix_outbox_unpublished", "outbox", ["id"], unique=False, postgresql_where=sa.text("published_at IS NULL")
    )
    op.create_table(
        "provider",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=90), nullable=False),
        sa.Column("local_class", sa.String(length=60), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("enabled_for_pro", sa.Boolean(), nullable=False),
        sa.Column("logo_url", sa.Text(), nullable=True),
        sa.Column("booking_external_url", sa.Text(), nullable=True),
        sa.Column("cancel_external_url", sa.Text(), nullable=True),
        sa.Column("notification_external_url", sa.Text(), nullable=True),
        sa.Column("hmac_key", sa.Text(), nullable=True),
        sa.Column("prices_in_cents", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider")),
        sa.UniqueConstraint("local_class", name=op.f("uq_provider_local_class")),
    )
    op.create_table(
        "search_word",
        sa.Column("word", sa.Text(), nullable=False),
        sa.Column("stem", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("word", name=op.f("pk_search_word")),
    )
    op.create_index("ix_search_word_stem", "search_word", ["stem"], unique=False)
    op.create_index(
        "ix_search_word_trgm",
        "search_word",
        ["word"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"word": "gin_trgm_ops"},
    )
    op.create_table(
        "user_replica",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("roles", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_replica")),
    )
    op.create_index(op.f("ix_user_replica_email"), "user_replica", ["email"], unique=False)
    op.create_table(
        "api_key",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("provider_id", sa.BigInteger(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("date_created", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"], name=op.f("fk_api_key_provider_id_provider")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_key")),
        sa.UniqueConstraint("prefix", name=op.f("uq_api_key_prefix")),
    )
    op.create_index(op.f("ix_api_key_provider_id"), "api_key", ["provider_id"], unique=False)
    op.create_table(
        "offerer_provider",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("offerer_id", sa.BigInteger(), nullable=False),
        sa.Column("provider_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["offerer_id"], ["offerer.id"], name=op.f("fk_offerer_provider_offerer_id_offerer")),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["provider.id"], name=op.f("fk_offerer_provider_provider_id_provider")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offerer_provider")),
        sa.UniqueConstraint("offerer_id", "provider_id", name=op.f("uq_offerer_provider_offerer_id_provider_id")),
    )
    op.create_index(op.f("ix_offerer_provider_provider_id"), "offerer_provider", ["provider_id"], unique=False)
    op.create_table(
        "product",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=140), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("duration_minutes", sa.BigInteger(), nullable=True),
        sa.Column("subcategory_id", sa.String(length=60), nullable=False),
        sa.Column("extra_data", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("ean", sa.String(length=13), nullable=True),
        sa.Column(
            "gcu_compatibility_type",
            sa.Enum(
                "COMPATIBLE",
                "PROVIDER_INCOMPATIBLE",
                "FRAUD_INCOMPATIBLE",
                name="gcu_compatibility_type",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("last_30_days_booking", sa.BigInteger(), nullable=True),
        sa.Column("last_provider_id", sa.BigInteger(), nullable=True),
        sa.Column("chronicles_count", sa.BigInteger(), nullable=False),
        sa.Column("headlines_count", sa.BigInteger(), nullable=False),
        sa.Column("likes_count", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("ean ~ '^\\d{13}$'", name=op.f("ck_product_ean")),
        sa.CheckConstraint(
            "chronicles_count >= 0 AND headlines_count >= 0 AND likes_count >= 0", name=op.f("ck_product_counters")
        ),
        sa.ForeignKeyConstraint(
            ["last_provider_id"], ["provider.id"], name=op.f("fk_product_last_provider_id_provider")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product")),
        sa.UniqueConstraint("ean", name=op.f("uq_product_ean")),
    )
    op.create_index(
        "uq_product_allocine_id", "product", [sa.literal_column("(extra_data ->> 'allocineId')")], unique=True
    )
    op.create_index("uq_product_visa", "product", [sa.literal_column("(extra_data ->> 'visa')")], unique=True)
    op.create_table(
        "user_offerer",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("offerer_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "validation_status",
            sa.Enum(
                "NEW",
                "PENDING",
                "VALIDATED",
                "REJECTED",
                "DELETED",
                "CLOSED",
                name="validation_status",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("date_created", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["offerer_id"], ["offerer.id"], name=op.f("fk_user_offerer_offerer_id_offerer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_offerer")),
        sa.UniqueConstraint("user_id", "offerer_id", name=op.f("uq_user_offerer_user_id_offerer_id")),
    )
    op.create_index(op.f("ix_user_offerer_offerer_id"), "user_offerer", ["offerer_id"], unique=False)
    op.create_table(
        "venue",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=140), nullable=False),
        sa.Column("public_name", sa.String(length=255), nullable=False),
        sa.Column("siret", sa.String(length=14), nullable=True),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("managing_offerer_id", sa.BigInteger(), nullable=False),
        sa.Column("booking_email", sa.String(length=120), nullable=True),
        sa.Column("is_virtual", sa.Boolean(), nullable=False),
        sa.Column("is_permanent", sa.Boolean(), nullable=False),
        sa.Column("is_open_to_public", sa.Boolean(), nullable=False),
        sa.Column("venue_type_code", sa.String(length=40), nullable=False),
        sa.Column("activity", sa.String(length=40), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("withdrawal_details", sa.Text(), nullable=True),
        sa.Column("audio_disability_compliant", sa.Boolean(), nullable=True),
        sa.Column("mental_disability_compliant", sa.Boolean(), nullable=True),
        sa.Column("motor_disability_compliant", sa.Boolean(), nullable=True),
        sa.Column("visual_disability_compliant", sa.Boolean(), nullable=True),
        sa.Column("banner_url", sa.Text(), nullable=True),
        sa.Column("banner_meta", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("adage_id", sa.Text(), nullable=True),
        sa.Column("adage_inscription_date", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dms_token", sa.String(length=12), nullable=False),
        sa.Column("date_created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_soft_deleted", sa.Boolean(), nullable=False),
        sa.Column("pricing_point_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("siret IS NOT NULL OR comment IS NOT NULL", name=op.f("ck_venue_siret_or_comment")),
        sa.ForeignKeyConstraint(
            ["managing_offerer_id"], ["offerer.id"], name=op.f("fk_venue_managing_offerer_id_offerer")
        ),
        sa.ForeignKeyConstraint(["pricing_point_id"], ["venue.id"], name=op.f("fk_venue_pricing_point_id_venue")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_venue")),
        sa.UniqueConstraint("dms_token", name=op.f("uq_venue_dms_token")),
        sa.UniqueConstraint("siret", name=op.f("uq_venue_siret")),
    )
    op.create_index("ix_venue_managing_offerer_id", "venue", ["managing_offerer_id"], unique=False)
    op.create_table(
        "confidence_rule",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("offerer_id", sa.BigInteger(), nullable=True),
        sa.Column("venue_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "confidence_level",
            sa.Enum("MANUAL_REVIEW", "WHITELIST", name="level", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.CheckConstraint("(offerer_id IS NULL) <> (venue_id IS NULL)", name=op.f("ck_confidence_rule_one_owner")),
        sa.ForeignKeyConstraint(["offerer_id"], ["offerer.id"], name=op.f("fk_confidence_rule_offerer_id_offerer")),
        sa.ForeignKeyConstraint(["venue_id"], ["venue.id"], name=op.f("fk_confidence_rule_venue_id_venue")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_confidence_rule")),
        sa.UniqueConstraint("offerer_id", name=op.f("uq_confidence_rule_offerer_id")),
        sa.UniqueConstraint("venue_id", name=op.f("uq_confidence_rule_venue_id")),
    )
    op.create_table(
        "offerer_address",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("label", sa.Text(), nullable=True),
        sa.Column("address_id", sa.BigInteger(), nullable=False),
        sa.Column("offerer_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "type",
            sa.Enum(
                "VENUE_LOCATION", "OFFER_LOCATION", name="type", native_enum=False, create_constraint=True, length=40
            ),
            nullable=True,
        ),
        sa.Column("venue_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("type <> 'VENUE_LOCATION' OR venue_id IS NOT NULL", name=op.f("ck_offerer_address_venue")),
        sa.ForeignKeyConstraint(["address_id"], ["address.id"], name=op.f("fk_offerer_address_address_id_address")),
        sa.ForeignKeyConstraint(["offerer_id"], ["offerer.id"], name=op.f("fk_offerer_address_offerer_id_offerer")),
        sa.ForeignKeyConstraint(["venue_id"], ["venue.id"], name=op.f("fk_offerer_address_venue_id_venue")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offerer_address")),
    )
    op.create_index("ix_offerer_address_address_id", "offerer_address", ["address_id"], unique=False)
    op.create_index("ix_offerer_address_offerer_id", "offerer_address", ["offerer_id"], unique=False)
    op.create_index(
        "uq_offerer_address_venue_location",
        "offerer_address",
        ["venue_id"],
        unique=True,
        postgresql_where=sa.text("type = 'VENUE_LOCATION'"),
    )
    op.create_table(
        "price_category_label",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("venue_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["venue_id"], ["venue.id"], name=op.f("fk_price_category_label_venue_id_venue")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price_category_label")),
        sa.UniqueConstraint("venue_id", "label", name=op.f("uq_price_category_label_venue_id_label")),
    )
    op.create_table(
        "product_mediation",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("product_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "image_type",
            sa.Enum(
                "poster", "recto", "verso", name="image_type", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("uuid", sa.Text(), nullable=False),
        sa.Column("last_provider_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["last_provider_id"], ["provider.id"], name=op.f("fk_product_mediation_last_provider_id_provider")
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_product_mediation_product_id_product"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product_mediation")),
        sa.UniqueConstraint("uuid", name=op.f("uq_product_mediation_uuid")),
    )
    op.create_index(op.f("ix_product_mediation_product_id"), "product_mediation", ["product_id"], unique=False)
    op.create_table(
        "venue_contact",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("venue_id", sa.BigInteger(), nullable=False),
        sa.Column("email", sa.String(length=256), nullable=True),
        sa.Column("website", sa.String(length=256), nullable=True),
        sa.Column("phone_number", sa.String(length=64), nullable=True),
        sa.Column("social_medias", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["venue_id"], ["venue.id"], name=op.f("fk_venue_contact_venue_id_venue"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_venue_contact")),
        sa.UniqueConstraint("venue_id", name=op.f("uq_venue_contact_venue_id")),
    )
    op.create_table(
        "venue_provider",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("venue_id", sa.BigInteger(), nullable=False),
        sa.Column("provider_id", sa.BigInteger(), nullable=False),
        sa.Column("venue_id_at_offer_provider", sa.String(length=70), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("is_duo_offers", sa.Boolean(), nullable=True),
        sa.Column("quantity", sa.BigInteger(), nullable=True),
        sa.Column("price_cents", sa.BigInteger(), nullable=True),
        sa.Column("last_sync_date", sa.DateTime(timezone=True), nullable=True),
        sa.Column("date_created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("booking_external_url", sa.Text(), nullable=True),
        sa.Column("cancel_external_url", sa.Text(), nullable=True),
        sa.Column("notification_external_url", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(booking_external_url IS NULL) = (cancel_external_url IS NULL)",
            name=op.f("ck_venue_provider_ticketing_urls"),
        ),
        sa.CheckConstraint("price_cents >= 0", name=op.f("ck_venue_provider_price")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"], name=op.f("fk_venue_provider_provider_id_provider")),
        sa.ForeignKeyConstraint(["venue_id"], ["venue.id"], name=op.f("fk_venue_provider_venue_id_venue")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_venue_provider")),
        sa.UniqueConstraint(
            "venue_id",
            "provider_id",
            "venue_id_at_offer_provider",
            name=op.f("uq_venue_provider_venue_id_provider_id_venue_id_at_offer_provider"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index(op.f("ix_venue_provider_provider_id"), "venue_provider", ["provider_id"], unique=False)
    op.create_table(
        "offer",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=140), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("duration_minutes", sa.Integer(), nullable=True),
        sa.Column("extra_data", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("ean", sa.Text(), nullable=True),
        sa.Column("subcategory_id", sa.String(length=60), nullable=False),
        sa.Column("product_id", sa.BigInteger(), nullable=True),
        sa.Column("venue_id", sa.BigInteger(), nullable=False),
        sa.Column("offerer_address_id", sa.BigInteger(), nullable=True),
        sa.Column("url", sa.String(length=255), nullable=True),
        sa.Column("external_ticket_office_url", sa.Text(), nullable=True),
        sa.Column("booking_email", sa.String(length=120), nullable=True),
        sa.Column("booking_contact", sa.String(length=120), nullable=True),
        sa.Column("is_duo", sa.Boolean(), nullable=False),
        sa.Column("is_national", sa.Boolean(), nullable=False),
        sa.Column(
            "withdrawal_type",
            sa.Enum(
                "by_email",
                "in_app",
                "no_ticket",
                "on_site",
                name="withdrawal_type",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("withdrawal_delay", sa.BigInteger(), nullable=True),
        sa.Column("withdrawal_details", sa.Text(), nullable=True),
        sa.Column("audio_disability_compliant", sa.Boolean(), nullable=True),
        sa.Column("mental_disability_compliant", sa.Boolean(), nullable=True),
        sa.Column("motor_disability_compliant", sa.Boolean(), nullable=True),
        sa.Column("visual_disability_compliant", sa.Boolean(), nullable=True),
        sa.Column(
            "validation",
            sa.Enum(
                "APPROVED",
                "DRAFT",
                "PENDING",
                "REJECTED",
                name="validation",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("last_validation_date", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "last_validation_type",
            sa.Enum(
                "AUTO",
                "MANUAL",
                "CGU_INCOMPATIBLE_PRODUCT",
                name="last_validation_type",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("last_validation_author_user_id", sa.BigInteger(), nullable=True),
        sa.Column("last_validation_price_cents", sa.BigInteger(), nullable=True),
        sa.Column("publication_datetime", sa.DateTime(timezone=True), nullable=True),
        sa.Column("booking_allowed_datetime", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finalization_datetime", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_provider_id", sa.BigInteger(), nullable=True),
        sa.Column("id_at_provider", sa.Text(), nullable=True),
        sa.Column("date_created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("date_updated", sa.DateTime(timezone=True), nullable=True),
        sa.Column("date_modified_at_last_provider", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fields_updated", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("ranking_weight", sa.BigInteger(), nullable=True),
        sa.Column("author_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("ean ~ '^\\d{13}$'", name=op.f("ck_offer_ean")),
        sa.CheckConstraint("duration_minutes >= 0", name=op.f("ck_offer_duration")),
        sa.CheckConstraint(
            "last_provider_id IS NULL OR id_at_provider IS NOT NULL", name=op.f("ck_offer_id_at_provider")
        ),
        sa.ForeignKeyConstraint(["last_provider_id"], ["provider.id"], name=op.f("fk_offer_last_provider_id_provider")),
        sa.ForeignKeyConstraint(
            ["offerer_address_id"], ["offerer_address.id"], name=op.f("fk_offer_offerer_address_id_offerer_address")
        ),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_offer_product_id_product")),
        sa.ForeignKeyConstraint(["venue_id"], ["venue.id"], name=op.f("fk_offer_venue_id_venue")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offer")),
        sa.UniqueConstraint("id_at_provider", "venue_id", name=op.f("uq_offer_id_at_provider_venue_id")),
    )
    op.create_index("ix_offer_booking_allowed_datetime", "offer", ["booking_allowed_datetime"], unique=False)
    op.create_index("ix_offer_ean", "offer", ["ean"], unique=False)
    op.create_index(
        "ix_offer_name_trgm",
        "offer",
        ["name"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"name": "gin_trgm_ops"},
    )
    op.create_index("ix_offer_offerer_address_id", "offer", ["offerer_address_id"], unique=False)
    op.create_index("ix_offer_product_id", "offer", ["product_id"], unique=False)
    op.create_index("ix_offer_publication_datetime", "offer", ["publication_datetime"], unique=False)
    op.create_index("ix_offer_venue_id", "offer", ["venue_id", sa.literal_column("id DESC")], unique=False)
    op.create_table(
        "artist_offer_link",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("offer_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "artist_type",
            sa.Enum(
                "author",
                "performer",
                "stage_director",
                name="artist_type",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("artist_id", sa.Text(), nullable=True),
        sa.Column("custom_name", sa.Text(), nullable=True),
        sa.CheckConstraint("artist_id IS NOT NULL OR custom_name IS NOT NULL", name=op.f("ck_artist_offer_link_named")),
        sa.ForeignKeyConstraint(
            ["offer_id"], ["offer.id"], name=op.f("fk_artist_offer_link_offer_id_offer"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_artist_offer_link")),
    )
    op.create_index(op.f("ix_artist_offer_link_offer_id"), "artist_offer_link", ["offer_id"], unique=False)
    op.create_table(
        "favorite",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("offer_id", sa.BigInteger(), nullable=False),
        sa.Column("date_created", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["offer_id"], ["offer.id"], name=op.f("fk_favorite_offer_id_offer"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_favorite")),
        sa.UniqueConstraint("user_id", "offer_id", name=op.f("uq_favorite_user_id_offer_id")),
    )
    op.create_index(op.f("ix_favorite_offer_id"), "favorite", ["offer_id"], unique=False)
    op.create_table(
        "headline_offer",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("offer_id", sa.BigInteger(), nullable=False),
        sa.Column("venue_id", sa.BigInteger(), nullable=False),
        sa.Column("timespan", postgresql.TSTZRANGE(), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.column("offer_id"), "="),
            (sa.column("timespan"), "&&"),
            using="gist",
            name="headline_offer_one_per_offer",
        ),
        postgresql.ExcludeConstraint(
            (sa.column("venue_id"), "="),
            (sa.column("timespan"), "&&"),
            using="gist",
            name="headline_offer_one_per_venue",
        ),
        sa.ForeignKeyConstraint(
            ["offer_id"], ["offer.id"], name=op.f("fk_headline_offer_offer_id_offer"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["venue_id"], ["venue.id"], name=op.f("fk_headline_offer_venue_id_venue")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_headline_offer")),
    )
    op.create_table(
        "mediation",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("offer_id", sa.BigInteger(), nullable=False),
        sa.Column("author_id", sa.BigInteger(), nullable=True),
        sa.Column("credit", sa.String(length=255), nullable=True),
        sa.Column("date_created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("thumb_count", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["offer_id"], ["offer.id"], name=op.f("fk_mediation_offer_id_offer"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mediation")),
    )
    op.create_index(op.f("ix_mediation_offer_id"), "mediation", ["offer_id"], unique=False)
    op.create_table(
        "offer_flag",
        sa.Column("offer_id", sa.BigInteger(), nullable=False),
        sa.Column("rule_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["offer_id"], ["offer.id"], name=op.f("fk_offer_flag_offer_id_offer"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["rule_id"],
            ["offer_validation_rule.id"],
            name=op.f("fk_offer_flag_rule_id_offer_validation_rule"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("offer_id", "rule_id", name=op.f("pk_offer_flag")),
    )
    op.create_table(
        "offer_meta_data",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("offer_id", sa.BigInteger(), nullable=False),
        sa.Column("video_url", sa.Text(), nullable=True),
        sa.Column("video_external_id", sa.Text(), nullable=True),
        sa.Column("video_title", sa.Text(), nullable=True),
        sa.Column("video_thumbnail_url", sa.Text(), nullable=True),
        sa.Column("video_duration", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["offer_id"], ["offer.id"], name=op.f("fk_offer_meta_data_offer_id_offer"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offer_meta_data")),
        sa.UniqueConstraint("offer_id", name=op.f("uq_offer_meta_data_offer_id")),
    )
    op.create_table(
        "offer_reminder",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("offer_id", sa.BigInteger(), nullable=False),
        sa.Column("date_created", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["offer_id"], ["offer.id"], name=op.f("fk_offer_reminder_offer_id_offer"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offer_reminder")),
        sa.UniqueConstraint("user_id", "offer_id", name=op.f("uq_offer_reminder_user_id_offer_id")),
    )
    op.create_index(op.f("ix_offer_reminder_offer_id"), "offer_reminder", ["offer_id"], unique=False)
    op.create_table(
        "opening_hours",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("venue_id", sa.BigInteger(), nullable=True),
        sa.Column("offer_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "weekday",
            sa.Enum(
                "MONDAY",
                "TUESDAY",
                "WEDNESDAY",
                "THURSDAY",
                "FRIDAY",
                "SATURDAY",
                "SUNDAY",
                name="weekday",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("timespan", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.CheckConstraint("(venue_id IS NULL) <> (offer_id IS NULL)", name=op.f("ck_opening_hours_one_owner")),
        sa.ForeignKeyConstraint(
            ["offer_id"], ["offer.id"], name=op.f("fk_opening_hours_offer_id_offer"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["venue_id"], ["venue.id"], name=op.f("fk_opening_hours_venue_id_venue"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opening_hours")),
        sa.UniqueConstraint("offer_id", "weekday", name=op.f("uq_opening_hours_offer_id_weekday")),
        sa.UniqueConstraint("venue_id", "weekday", name=op.f("uq_opening_hours_venue_id_weekday")),
    )
    op.create_table(
        "price_category",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("offer_id", sa.BigInteger(), nullable=False),
        sa.Column("price_cents", sa.BigInteger(), nullable=False),
        sa.Column("price_category_label_id", sa.BigInteger(), nullable=False),
        sa.Column("id_at_provider", sa.Text(), nullable=True),
        sa.CheckConstraint("price_cents >= 0", name=op.f("ck_price_category_price")),
        sa.ForeignKeyConstraint(
            ["offer_id"], ["offer.id"], name=op.f("fk_price_category_offer_id_offer"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["price_category_label_id"],
            ["price_category_label.id"],
            name=op.f("fk_price_category_price_category_label_id_price_category_label"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price_category")),
        sa.UniqueConstraint("offer_id", "id_at_provider", name=op.f("uq_price_category_offer_id_id_at_provider")),
    )
    op.create_index(op.f("ix_price_category_offer_id"), "price_category", ["offer_id"], unique=False)
    op.create_table(
        "reaction",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("offer_id", sa.BigInteger(), nullable=True),
        sa.Column("product_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "reaction_type",
            sa.Enum(
                "LIKE",
                "DISLIKE",
                "NO_REACTION",
                name="reaction_type",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("date_updated", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(offer_id IS NULL) <> (product_id IS NULL)", name=op.f("ck_reaction_one_target")),
        sa.ForeignKeyConstraint(
            ["offer_id"], ["offer.id"], name=op.f("fk_reaction_offer_id_offer"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_reaction_product_id_product"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reaction")),
        sa.UniqueConstraint(
            "user_id",
            "offer_id",
            "product_id",
            name=op.f("uq_reaction_user_id_offer_id_product_id"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index(op.f("ix_reaction_offer_id"), "reaction", ["offer_id"], unique=False)
    op.create_index(op.f("ix_reaction_product_id"), "reaction", ["product_id"], unique=False)
    op.create_table(
        "search_offer",
        sa.Column("offer_id", sa.BigInteger(), nullable=False),
        sa.Column("venue_id", sa.BigInteger(), nullable=False),
        sa.Column("subcategory_id", sa.String(length=60), nullable=False),
        sa.Column("words", postgresql.TSVECTOR(), nullable=False),
        sa.Column("position", Cube(), nullable=True),
        sa.Column("price_min", sa.BigInteger(), nullable=False),
        sa.Column("price_max", sa.BigInteger(), nullable=False),
        sa.Column("date_min", sa.DateTime(timezone=True), nullable=True),
        sa.Column("date_max", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_duo", sa.Boolean(), nullable=False),
        sa.Column("is_digital", sa.Boolean(), nullable=False),
        sa.Column("rank", sa.BigInteger(), nullable=False),
        sa.Column("publication_datetime", sa.DateTime(timezone=True), nullable=False),
        sa.Column("bookable_until", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["offer_id"], ["offer.id"], name=op.f("fk_search_offer_offer_id_offer"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("offer_id", name=op.f("pk_search_offer")),
    )
    op.create_index("ix_search_offer_position", "search_offer", ["position"], unique=False, postgresql_using="gist")
    op.create_index("ix_search_offer_price_min", "search_offer", ["price_min", "offer_id"], unique=False)
    op.create_index(
        "ix_search_offer_rank",
        "search_offer",
        [sa.literal_column("rank DESC"), sa.literal_column("offer_id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_search_offer_subcategory_id",
        "search_offer",
        ["subcategory_id", sa.literal_column("rank DESC"), sa.literal_column("offer_id DESC")],
        unique=False,
    )
    op.create_index("ix_search_offer_venue_id", "search_offer", ["venue_id"], unique=False)
    op.create_index("ix_search_offer_words", "search_offer", ["words"], unique=False, postgresql_using="gin")
    op.create_table(
        "stock",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("offer_id", sa.BigInteger(), nullable=False),
        sa.Column("price_cents", sa.BigInteger(), nullable=False),
        sa.Column("price_category_id", sa.BigInteger(), nullable=True),
        sa.Column("quantity", sa.BigInteger(), nullable=True),
        sa.Column("beginning_datetime", sa.DateTime(timezone=True), nullable=True),
        sa.Column("booking_limit_datetime", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_soft_deleted", sa.Boolean(), nullable=False),
        sa.Column("features", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("last_provider_id", sa.BigInteger(), nullable=True),
        sa.Column("id_at_providers", sa.String(length=70), nullable=True),
        sa.Column("date_created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("date_modified", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fields_updated", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.CheckConstraint("booking_limit_datetime <= beginning_datetime", name=op.f("ck_stock_booking_limit")),
        sa.CheckConstraint("price_cents >= 0", name=op.f("ck_stock_price")),
        sa.CheckConstraint("quantity >= 0", name=op.f("ck_stock_quantity")),
        sa.ForeignKeyConstraint(["last_provider_id"], ["provider.id"], name=op.f("fk_stock_last_provider_id_provider")),
        sa.ForeignKeyConstraint(["offer_id"], ["offer.id"], name=op.f("fk_stock_offer_id_offer"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["price_category_id"],
            ["price_category.id"],
            name=op.f("fk_stock_price_category_id_price_category"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock")),
        sa.UniqueConstraint("offer_id", "id_at_providers", name=op.f("uq_stock_offer_id_id_at_providers")),
    )
    op.create_index("ix_stock_beginning_datetime", "stock", ["beginning_datetime"], unique=False)
    op.create_index("ix_stock_offer_id", "stock", ["offer_id"], unique=False)
    op.create_index("ix_stock_price_category_id", "stock", ["price_category_id"], unique=False)
    op.create_table(
        "activation_code",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("stock_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("expiration_date", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["stock_id"], ["stock.id"], name=op.f("fk_activation_code_stock_id_stock"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activation_code")),
        sa.UniqueConstraint("stock_id", "code", name=op.f("uq_activation_code_stock_id_code")),
    )


def downgrade() -> None:
    op.drop_table("signing_key")
    op.drop_table("activation_code")
    op.drop_index("ix_stock_price_category_id", table_name="stock")
    op.drop_index("ix_stock_offer_id", table_name="stock")
    op.drop_index("ix_stock_beginning_datetime", table_name="stock")
    op.drop_table("stock")
    op.drop_index("ix_search_offer_words", table_name="search_offer", postgresql_using="gin")
    op.drop_index("ix_search_offer_venue_id", table_name="search_offer")
    op.drop_index("ix_search_offer_subcategory_id", table_name="search_offer")
    op.drop_index("ix_search_offer_rank", table_name="search_offer")
    op.drop_index("ix_search_offer_price_min", table_name="search_offer")
    op.drop_index("ix_search_offer_position", table_name="search_offer", postgresql_using="gist")
    op.drop_table("search_offer")
    op.drop_index(op.f("ix_reaction_product_id"), table_name="reaction")
    op.drop_index(op.f("ix_reaction_offer_id"), table_name="reaction")
    op.drop_table("reaction")
    op.drop_index(op.f("ix_price_category_offer_id"), table_name="price_category")
    op.drop_table("price_category")
    op.drop_table("opening_hours")
    op.drop_index(op.f("ix_offer_reminder_offer_id"), table_name="offer_reminder")
    op.drop_table("offer_reminder")
    op.drop_table("offer_meta_data")
    op.drop_table("offer_flag")
    op.drop_index(op.f("ix_mediation_offer_id"), table_name="mediation")
    op.drop_table("mediation")
    op.drop_table("headline_offer")
    op.drop_index(op.f("ix_favorite_offer_id"), table_name="favorite")
    op.drop_table("favorite")
    op.drop_index(op.f("ix_artist_offer_link_offer_id"), table_name="artist_offer_link")
    op.drop_table("artist_offer_link")
    op.drop_index("ix_offer_venue_id", table_name="offer")
    op.drop_index("ix_offer_publication_datetime", table_name="offer")
    op.drop_index("ix_offer_product_id", table_name="offer")
    op.drop_index("ix_offer_offerer_address_id", table_name="offer")
    op.drop_index(
        "ix_offer_name_trgm", table_name="offer", postgresql_using="gin", postgresql_ops={"name": "gin_trgm_ops"}
    )
    op.drop_index("ix_offer_ean", table_name="offer")
    op.drop_index("ix_offer_booking_allowed_datetime", table_name="offer")
    op.drop_table("offer")
    op.drop_index(op.f("ix_venue_provider_provider_id"), table_name="venue_provider")
    op.drop_table("venue_provider")
    op.drop_table("venue_contact")
    op.drop_index(op.f("ix_product_mediation_product_id"), table_name="product_mediation")
    op.drop_table("product_mediation")
    op.drop_table("price_category_label")
    op.drop_index(
        "uq_offerer_address_venue_location",
        table_name="offerer_address",
        postgresql_where=sa.text("type = 'VENUE_LOCATION'"),
    )
    op.drop_index("ix_offerer_address_offerer_id", table_name="offerer_address")
    op.drop_index("ix_offerer_address_address_id", table_name="offerer_address")
    op.drop_table("offerer_address")
    op.drop_table("confidence_rule")
    op.drop_index("ix_venue_managing_offerer_id", table_name="venue")
    op.drop_table("venue")
    op.drop_index(op.f("ix_user_offerer_offerer_id"), table_name="user_offerer")
    op.drop_table("user_offerer")
    op.drop_index("uq_product_visa", table_name="product")
    op.drop_index("uq_product_allocine_id", table_name="product")
    op.drop_table("product")
    op.drop_index(op.f("ix_offerer_provider_provider_id"), table_name="offerer_provider")
    op.drop_table("offerer_provider")
    op.drop_index(op.f("ix_api_key_provider_id"), table_name="api_key")
    op.drop_table("api_key")
    op.drop_index(op.f("ix_user_replica_email"), table_name="user_replica")
    op.drop_table("user_replica")
    op.drop_index(
        "ix_search_word_trgm", table_name="search_word", postgresql_using="gin", postgresql_ops={"word": "gin_trgm_ops"}
    )
    op.drop_index("ix_search_word_stem", table_name="search_word")
    op.drop_table("search_word")
    op.drop_table("provider")
    op.drop_index("ix_outbox_unpublished", table_name="outbox", postgresql_where=sa.text("published_at IS NULL"))
    op.drop_index("ix_outbox_published_at", table_name="outbox")
    op.drop_table("outbox")
    op.drop_table("offerer")
    op.drop_table("offer_validation_rule")
    op.drop_table("offer_price_limitation_rule")
    op.drop_index(op.f("ix_inventory_replica_offer_id"), table_name="inventory_replica")
    op.drop_table("inventory_replica")
    op.drop_index("ix_inbox_received_at", table_name="inbox")
    op.drop_table("inbox")
    op.drop_table("identity_key")
    op.drop_index("ix_booking_replica_user_id_offer_id", table_name="booking_replica")
    op.drop_index("ix_booking_replica_offer_id_date_created", table_name="booking_replica")
    op.drop_table("booking_replica")
    op.drop_index(op.f("ix_address_department_code"), table_name="address")
    op.drop_table("address")
    op.execute("DROP TEXT SEARCH CONFIGURATION offers_french")
    op.execute("DROP TEXT SEARCH DICTIONARY offers_french")
