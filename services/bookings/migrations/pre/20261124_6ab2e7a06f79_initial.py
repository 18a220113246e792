"""The first tables."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "6ab2e7a06f79"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = ("pre",)
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "activation_code",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("stock_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("expiration_date", sa.DateTime(timezone=True), nullable=True),
        sa.Column("booking_id", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activation_code")),
    )
    op.create_index(
        "ix_activation_code_available",
        "activation_code",
        ["stock_id", "id"],
        unique=False,
        postgresql_where=sa.text("booking_id IS NULL"),
    )
    op.create_index("ix_activation_code_stock", "activation_code", ["stock_id"], unique=False)
    op.create_index(
        "uq_activation_code_booking",
        "activation_code",
        ["booking_id"],
        unique=True,
        postgresql_where=sa.text("booking_id IS NOT NULL"),
    )
    op.create_table(
        "attachment_replica",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("offerer_id", sa.BigInteger(), nullable=False),
        sa.Column("validation_status", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment_replica")),
    )
    op.create_index("ix_attachment_replica_user_offerer", "attachment_replica", ["user_id", "offerer_id"], unique=False)
    op.create_table(
        "booking",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("stock_id", sa.BigInteger(), nullable=False),
        sa.Column("offer_id", sa.BigInteger(), nullable=False),
        sa.Column("venue_id", sa.BigInteger(), nullable=False),
        sa.Column("offerer_id", sa.BigInteger(), nullable=False),
        sa.Column("deposit_id", sa.BigInteger(), nullable=True),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("price_category_label", sa.Text(), nullable=True),
        sa.Column("date_created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("date_used", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancellation_limit_date", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancellation_date", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancellation_reason", sa.Text(), nullable=True),
        sa.Column("cancellation_user_id", sa.BigInteger(), nullable=True),
        sa.Column("validation_author_type", sa.Text(), nullable=True),
        sa.Column("reimbursement_date", sa.DateTime(timezone=True), nullable=True),
        sa.Column("display_as_ended", sa.Boolean(), nullable=True),
        sa.Column("used_recredit_type", sa.Text(), nullable=True),
        sa.Column("is_first_of_venue", sa.Boolean(), server_default="false", nullable=False),
        sa.CheckConstraint(
            "(status = 'CANCELLED') = (cancellation_date IS NOT NULL)", name=op.f("ck_booking_cancellation_date")
        ),
        sa.CheckConstraint(
            "(status = 'CANCELLED') = (cancellation_reason IS NOT NULL)", name=op.f("ck_booking_cancelled_why")
        ),
        sa.CheckConstraint(
            "(status IN ('USED', 'REIMBURSED')) = (date_used IS NOT NULL)", name=op.f("ck_booking_date_used")
        ),
        sa.CheckConstraint(
            "cancellation_reason IN ('OFFERER', 'BENEFICIARY', 'EXPIRED', 'FRAUD', 'FRAUD_SUSPICION', 'FRAUD_INAPPROPRIATE', 'REFUSED_BY_INSTITUTE', 'FINANCE_INCIDENT', 'BACKOFFICE', 'BACKOFFICE_EVENT_CANCELLED', 'BACKOFFICE_OVERBOOKING', 'BACKOFFICE_BENEFICIARY_REQUEST', 'BACKOFFICE_OFFER_MODIFIED', 'BACKOFFICE_OFFER_WITH_WRONG_INFORMATION', 'BACKOFFICE_OFFERER_BUSINESS_CLOSED', 'OFFERER_CONNECT_AS', 'OFFERER_CLOSED')",  # noqa: E501
            name=op.f("ck_booking_cancellation_reason"),
        ),
        sa.CheckConstraint(
            "status IN ('CONFIRMED', 'USED', 'CANCELLED', 'REIMBURSED')", name=op.f("ck_booking_status")
        ),
        sa.CheckConstraint(
            "used_recredit_type IN ('RECREDIT_17', 'RECREDIT_18')", name=op.f("ck_booking_used_recredit_type")
        ),
        sa.CheckConstraint(
            "validation_author_type IN ('OFFERER', 'BACKOFFICE', 'AUTO')", name=op.f("ck_booking_validation_author")
        ),
        sa.CheckConstraint("amount_cents >= 0", name=op.f("ck_booking_amount_positive")),
        sa.CheckConstraint("deposit_id IS NOT NULL OR amount_cents = 0", name=op.f("ck_booking_paid_by_a_deposit")),
        sa.CheckConstraint("quantity BETWEEN 1 AND 2", name=op.f("ck_booking_quantity")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking")),
    )
    op.create_index(
        "ix_booking_confirmed",
        "booking",
        ["date_created"],
        unique=False,
        postgresql_where=sa.text("status = 'CONFIRMED'"),
    )
    op.create_index(
        "ix_booking_deposit",
        "booking",
        ["deposit_id"],
        unique=False,
        postgresql_where=sa.text("deposit_id IS NOT NULL"),
    )
    op.create_index("ix_booking_offer", "booking", ["offer_id"], unique=False)
    op.create_index("ix_booking_offerer_date_created", "booking", ["offerer_id", "date_created"], unique=False)
    op.create_index(
        "ix_booking_offerer_date_used",
        "booking",
        ["offerer_id", "date_used"],
        unique=False,
        postgresql_where=sa.text("date_used IS NOT NULL"),
    )
    op.create_index("ix_booking_stock", "booking", ["stock_id"], unique=False)
    op.create_index("ix_booking_user", "booking", ["user_id", "id"], unique=False)
    op.create_index("ix_booking_venue_date_created", "booking", ["venue_id", "date_created"], unique=False)
    op.create_index(
        "uq_booking_live_user_offer",
        "booking",
        ["user_id", "offer_id"],
        unique=True,
        postgresql_where=sa.text("status <> 'CANCELLED'"),
    )
    op.create_index("uq_booking_token", "booking", ["token"], unique=True)
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
        "inventory",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("offer_id", sa.BigInteger(), nullable=False),
        sa.Column("described_quantity", sa.BigInteger(), nullable=True),
        sa.Column("burned_quantity", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=True),
        sa.Column("booked_quantity", sa.BigInteger(), server_default="0", nullable=False),
        sa.CheckConstraint("booked_quantity >= 0", name=op.f("ck_inventory_booked_positive")),
        sa.CheckConstraint("burned_quantity >= 0", name=op.f("ck_inventory_burned_positive")),
        sa.CheckConstraint(
            "quantity IS NULL OR booked_quantity <= quantity", name=op.f("ck_inventory_booked_within_quantity")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inventory")),
    )
    op.create_index("ix_inventory_offer", "inventory", ["offer_id"], unique=False)
    op.create_table(
        "offer_replica",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("venue_id", sa.BigInteger(), nullable=False),
        sa.Column("offerer_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("product_id", sa.BigInteger(), nullable=True),
        sa.Column("ean", sa.Text(), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("image_url", sa.Text(), nullable=True),
        sa.Column("is_duo", sa.Boolean(), nullable=False),
        sa.Column("validation", sa.Text(), nullable=False),
        sa.Column("publication_datetime", sa.DateTime(timezone=True), nullable=True),
        sa.Column("booking_allowed_datetime", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawal_type", sa.Text(), nullable=True),
        sa.Column("withdrawal_delay", sa.Integer(), nullable=True),
        sa.Column("withdrawal_details", sa.Text(), nullable=True),
        sa.Column("booking_contact", sa.Text(), nullable=True),
        sa.Column("booking_email", sa.Text(), nullable=True),
        sa.Column("provider_id", sa.BigInteger(), nullable=True),
        sa.Column("address", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("address_id", sa.BigInteger(), nullable=True),
        sa.Column("department_code", sa.Text(), nullable=True),
        sa.Column("timezone", sa.Text(), nullable=True),
        sa.Column("subcategory_id", sa.Text(), nullable=False),
        sa.Column("category_id", sa.Text(), nullable=False),
        sa.Column("subcategory_label", sa.Text(), nullable=False),
        sa.Column("is_event", sa.Boolean(), nullable=False),
        sa.Column("is_online_only", sa.Boolean(), nullable=False),
        sa.Column("is_digital_deposit", sa.Boolean(), nullable=False),
        sa.Column("is_physical_deposit", sa.Boolean(), nullable=False),
        sa.Column("can_expire", sa.Boolean(), nullable=False),
        sa.Column("is_bookable_by_underage_when_free", sa.Boolean(), nullable=False),
        sa.Column("is_bookable_by_underage_when_not_free", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offer_replica")),
    )
    op.create_index("ix_offer_replica_offerer", "offer_replica", ["offerer_id"], unique=False)
    op.create_index("ix_offer_replica_venue", "offer_replica", ["venue_id"], unique=False)
    op.create_table(
        "offerer_replica",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("siren", sa.Text(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("validation_status", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offerer_replica")),
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
        "stock_replica",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("offer_id", sa.BigInteger(), nullable=False),
        sa.Column("price_cents", sa.BigInteger(), nullable=False),
        sa.Column("beginning_datetime", sa.DateTime(timezone=True), nullable=True),
        sa.Column("booking_limit_datetime", sa.DateTime(timezone=True), nullable=True),
        sa.Column("price_category_id", sa.BigInteger(), nullable=True),
        sa.Column("price_category_label", sa.Text(), nullable=True),
        sa.Column("features", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("is_soft_deleted", sa.Boolean(), nullable=False),
        sa.Column("has_activation_codes", sa.Boolean(), nullable=False),
        sa.Column("id_at_provider", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_replica")),
    )
    op.create_index(
        "ix_stock_replica_beginning",
        "stock_replica",
        ["beginning_datetime"],
        unique=False,
        postgresql_where=sa.text("beginning_datetime IS NOT NULL"),
    )
    op.create_index("ix_stock_replica_offer", "stock_replica", ["offer_id"], unique=False)
    op.create_table(
        "user_replica",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("first_name", sa.Text(), nullable=True),
        sa.Column("last_name", sa.Text(), nullable=True),
        sa.Column("birth_date", sa.Date(), nullable=True),
        sa.Column("phone_number", sa.Text(), nullable=True),
        sa.Column("postal_code", sa.Text(), nullable=True),
        sa.Column("department_code", sa.Text(), nullable=True),
        sa.Column("roles", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("suspension_reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_replica")),
    )
    op.create_table(
        "venue_replica",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("offerer_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("public_name", sa.Text(), nullable=False),
        sa.Column("is_virtual", sa.Boolean(), nullable=False),
        sa.Column("is_open_to_public", sa.Boolean(), nullable=False),
        sa.Column("booking_email", sa.Text(), nullable=True),
        sa.Column("banner_url", sa.Text(), nullable=True),
        sa.Column("address", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("address_id", sa.BigInteger(), nullable=True),
        sa.Column("department_code", sa.Text(), nullable=True),
        sa.Column("timezone", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_venue_replica")),
    )
    op.create_index("ix_venue_replica_offerer", "venue_replica", ["offerer_id"], unique=False)
    op.create_table(
        "wallet",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("granted_cents", sa.BigInteger(), nullable=False),
        sa.Column("credit_cents", sa.BigInteger(), nullable=False),
        sa.Column("spent_cents", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("digital_spent_cents", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("physical_spent_cents", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("expiration_date", sa.DateTime(timezone=True), nullable=True),
        sa.Column("recredit_types", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.CheckConstraint(
            "digital_spent_cents >= 0 AND physical_spent_cents >= 0 AND digital_spent_cents + physical_spent_cents <= spent_cents",  # noqa: E501
            name=op.f("ck_wallet_domains_within_spent"),
        ),
        sa.CheckConstraint("granted_cents >= 0", name=op.f("ck_wallet_granted_positive")),
        sa.CheckConstraint("spent_cents <= credit_cents", name=op.f("ck_wallet_spent_within_credit")),
        sa.CheckConstraint("spent_cents >= 0", name=op.f("ck_wallet_spent_positive")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wallet")),
    )
    op.create_index("ix_wallet_user", "wallet", ["user_id"], unique=False)
    op.create_table(
        "wallet_entry",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("wallet_id", sa.BigInteger(), nullable=False),
        sa.Column("booking_id", sa.BigInteger(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("domain", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("date_created", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("domain IN ('DIGITAL', 'PHYSICAL')", name=op.f("ck_wallet_entry_domain")),
        sa.CheckConstraint(
            "reason IN ('BOOKED', 'CANCELLED', 'MOVED_OUT', 'MOVED_IN')", name=op.f("ck_wallet_entry_reason")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wallet_entry")),
    )
    op.create_index("ix_wallet_entry_booking", "wallet_entry", ["booking_id"], unique=False)
    op.create_index("ix_wallet_entry_wallet", "wallet_entry", ["wallet_id"], unique=False)
    # The ledger only grows: an amount is put right by another line.
    op.execute(
        """
        CREATE FUNCTION wallet_entry_is_append_only() RETURNS trigger LANGUAGE plpgsql AS
        $$BEGIN RAISE EXCEPTION 'the ledger is append-only' USING ERRCODE = 'restrict_violation'; END$$
        """
    )
    op.execute(
        """
        CREATE TRIGGER wallet_entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON wallet_entry
        FOR EACH STATEMENT EXECUTE FUNCTION wallet_entry_is_append_only()
        """
    )


def downgrade() -> None:
    op.drop_index("ix_wallet_entry_wallet", table_name="wallet_entry")
    op.drop_index("ix_wallet_entry_booking", table_name="wallet_entry")
    op.drop_table("wallet_entry")
    op.execute("DROP FUNCTION wallet_entry_is_append_only()")
    op.drop_index("ix_wallet_user", table_name="wallet")
    op.drop_table("wallet")
    op.drop_index("ix_venue_replica_offerer", table_name="venue_replica")
    op.drop_table("venue_replica")
    op.drop_table("user_replica")
    op.drop_index("ix_stock_replica_offer", table_name="stock_replica")
    op.drop_index(
        "ix_stock_replica_beginning",
        table_name="stock_replica",
        postgresql_where=sa.text("beginning_datetime IS NOT NULL"),
    )
    op.drop_table("stock_replica")
    op.drop_index("ix_outbox_unpublished", table_name="outbox", postgresql_where=sa.text("published_at IS NULL"))
    op.drop_index("ix_outbox_published_at", table_name="outbox")
    op.drop_table("outbox")
    op.drop_table("offerer_replica")
    op.drop_index("ix_offer_replica_venue", table_name="offer_replica")
    op.drop_index("ix_offer_replica_offerer", table_name="offer_replica")
    op.drop_table("offer_replica")
    op.drop_index("ix_inventory_offer", table_name="inventory")
    op.drop_table("inventory")
    op.drop_index("ix_inbox_received_at", table_name="inbox")
    op.drop_table("inbox")
    op.drop_table("identity_key")
    op.drop_index("uq_booking_token", table_name="booking")
    op.drop_index("uq_booking_live_user_offer", table_name="booking", postgresql_where=sa.text("status <> 'CANCELLED'"))
    op.drop_index("ix_booking_venue_date_created", table_name="booking")
    op.drop_index("ix_booking_user", table_name="booking")
    op.drop_index("ix_booking_stock", table_name="booking")
    op.drop_index(
        "ix_booking_offerer_date_used", table_name="booking", postgresql_where=sa.text("date_used IS NOT NULL")
    )
    op.drop_index("ix_booking_offerer_date_created", table_name="booking")
    op.drop_index("ix_booking_offer", table_name="booking")
    op.drop_index("ix_booking_deposit", table_name="booking", postgresql_where=sa.text("deposit_id IS NOT NULL"))
    op.drop_index("ix_booking_confirmed", table_name="booking", postgresql_where=sa.text("status = 'CONFIRMED'"))
    op.drop_table("booking")
    op.drop_index("ix_attachment_replica_user_offerer", table_name="attachment_replica")
    op.drop_table("attachment_replica")
    op.drop_index(
        "uq_activation_code_booking", table_name="activation_code", postgresql_where=sa.text("booking_id IS NOT NULL")
    )
    op.drop_index("ix_activation_code_stock", table_name="activation_code")
    op.drop_index(
        "ix_activation_code_available", table_name="activation_code", postgresql_where=sa.text("booking_id IS NULL")
    )
    op.drop_table("activation_code")
