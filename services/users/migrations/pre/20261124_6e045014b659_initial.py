"""The tables of the users service."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "6e045014b659"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = ("pre",)
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("email", sa.String(length=120), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("is_email_validated", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("roles", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("first_name", sa.String(length=128), nullable=True),
        sa.Column("last_name", sa.String(length=128), nullable=True),
        sa.Column("married_name", sa.String(length=128), nullable=True),
        sa.Column("civility", sa.String(length=20), nullable=True),
        sa.Column("date_of_birth", sa.Date(), nullable=True),
        sa.Column("validated_birth_date", sa.Date(), nullable=True),
        sa.Column("birth_place", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("city", sa.String(length=100), nullable=True),
        sa.Column("postal_code", sa.String(length=5), nullable=True),
        sa.Column("department_code", sa.String(length=3), nullable=True),
        sa.Column("activity", sa.String(length=128), nullable=True),
        sa.Column("school_type", sa.Text(), nullable=True),
        sa.Column("phone_number", sa.String(length=20), nullable=True),
        sa.Column("phone_validation_status", sa.Text(), nullable=True),
        sa.Column("id_piece_number", sa.Text(), nullable=True),
        sa.Column("ine_hash", sa.Text(), nullable=True),
        sa.Column("date_created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_connection_date", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "notification_subscriptions",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column(
            "external_ids", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.Column("needs_to_fill_cultural_survey", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("cultural_survey_filled_date", sa.DateTime(timezone=True), nullable=True),
        sa.Column("has_seen_pro_tutorials", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("has_seen_pro_rgs", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("recredit_amount_to_show_cents", sa.BigInteger(), nullable=True),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "('ADMIN' = ANY(roles))::int + ('BENEFICIARY' = ANY(roles))::int "
            "+ ('UNDERAGE_BENEFICIARY' = ANY(roles))::int <= 1",
            name=op.f("ck_account_one_credit_or_admin_role"),
        ),
        sa.CheckConstraint(
            "NOT ('PRO' = ANY(roles) AND 'NON_ATTACHED_PRO' = ANY(roles))", name=op.f("ck_account_one_pro_role")
        ),
        sa.CheckConstraint("civility IN ('M.', 'Mme')", name=op.f("ck_account_civility")),
        sa.CheckConstraint(
            "phone_validation_status IN ('skipped-by-support', 'unvalidated', 'validated')",
            name=op.f("ck_account_phone_validation_status"),
        ),
        sa.CheckConstraint(
            "roles <@ ARRAY['ADMIN','ANONYMIZED','BENEFICIARY','UNDERAGE_BENEFICIARY',"
            "'FREE_BENEFICIARY','PRO','NON_ATTACHED_PRO','TEST']",
            name=op.f("ck_account_known_roles"),
        ),
        sa.CheckConstraint("email = lower(btrim(email))", name=op.f("ck_account_email_normalised")),
        sa.CheckConstraint("recredit_amount_to_show_cents >= 0", name=op.f("ck_account_recredit_amount_to_show")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("email", name=op.f("uq_account_email")),
        sa.UniqueConstraint("id_piece_number", name=op.f("uq_account_id_piece_number")),
        sa.UniqueConstraint("ine_hash", name=op.f("uq_account_ine_hash")),
    )
    op.create_index("ix_account_phone_number", "account", ["phone_number"], unique=False)
    op.create_index("ix_account_validated_birth_date", "account", ["validated_birth_date"], unique=False)
    op.create_table(
        "attachment_replica",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("offerer_id", sa.BigInteger(), nullable=False),
        sa.Column("validation_status", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment_replica")),
    )
    op.create_index("ix_attachment_replica_user_id", "attachment_replica", ["user_id"], unique=False)
    op.create_table(
        "attempt_count",
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_attempt_count")),
    )
    op.create_index(op.f("ix_attempt_count_expires_at"), "attempt_count", ["expires_at"], unique=False)
    op.create_table(
        "feature",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feature")),
        sa.UniqueConstraint("name", name=op.f("uq_feature_name")),
    )
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
        "wallet_replica",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("credit_cents", sa.BigInteger(), nullable=False),
        sa.Column("spent_cents", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wallet_replica")),
    )
    op.create_table(
        "account_action",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("author_id", sa.BigInteger(), nullable=True),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "type <> 'USER_SUSPENDED' OR reason IS NOT NULL", name=op.f("ck_account_action_suspension_has_reason")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_account_action_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_action")),
    )
    op.create_index("ix_account_action_account_id_id", "account_action", ["account_id", "id"], unique=False)
    op.create_table(
        "achievement",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("booking_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("unlocked_date", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_date", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_achievement_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_achievement")),
    )
    op.create_index("uq_achievement_account_id_name", "achievement", ["account_id", "name"], unique=True)
    op.create_table(
        "deposit",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("version", sa.SmallInteger(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(length=300), nullable=False),
        sa.Column("date_created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("date_updated", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expiration_date", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "type IN ('GRANT_17_18', 'GRANT_FREE', 'GRANT_15_17', 'GRANT_18')", name=op.f("ck_deposit_known_type")
        ),
        sa.CheckConstraint("amount_cents >= 0", name=op.f("ck_deposit_amount_not_negative")),
        sa.CheckConstraint("version > 0", name=op.f("ck_deposit_version")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_deposit_account_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deposit")),
    )
    op.create_index("uq_deposit_account_id_type", "deposit", ["account_id", "type"], unique=True)
    op.create_table(
        "login_device",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("device_id", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("os", sa.Text(), nullable=True),
        sa.Column("location", sa.Text(), nullable=True),
        sa.Column("date_created", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_login_device_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_device")),
    )
    op.create_index("ix_login_device_account_id_device_id", "login_device", ["account_id", "device_id"], unique=False)
    op.create_index(op.f("ix_login_device_date_created"), "login_device", ["date_created"], unique=False)
    op.create_table(
        "portal_session",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("impersonator_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_portal_session_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_portal_session")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_portal_session_secret_hash")),
    )
    op.create_index("ix_portal_session_account_id", "portal_session", ["account_id"], unique=False)
    op.create_index(op.f("ix_portal_session_expires_at"), "portal_session", ["expires_at"], unique=False)
    op.create_table(
        "subscription_check",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=True),
        sa.Column("eligibility_type", sa.Text(), nullable=True),
        sa.Column("third_party_id", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("reason_codes", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("date_created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "eligibility_type IN ('age-17-18', 'free', 'underage', 'age-18')",
            name=op.f("ck_subscription_check_known_eligibility"),
        ),
        sa.CheckConstraint(
            "status IN ('canceled', 'error', 'ko', 'ok', 'pending', 'started', 'suspiscious', 'mock_config')",
            name=op.f("ck_subscription_check_known_status"),
        ),
        sa.CheckConstraint(
            "type IN ('dms', 'educonnect', 'honor_statement', 'internal_review', 'jouve', "
            "'phone_validation', 'profile_completion', 'qf_bonus_credit', 'ubble', "
            "'user_profiling')",
            name=op.f("ck_subscription_check_known_type"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_subscription_check_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscription_check")),
    )
    op.create_index("ix_subscription_check_account_id", "subscription_check", ["account_id"], unique=False)
    op.create_index("ix_subscription_check_third_party_id", "subscription_check", ["third_party_id"], unique=False)
    op.create_table(
        "subscription_review",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("author_id", sa.BigInteger(), nullable=True),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("eligibility_type", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("date_reviewed", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "verdict IN ('KO', 'OK', 'REDIRECTED_TO_DMS')", name=op.f("ck_subscription_review_known_verdict")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_subscription_review_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscription_review")),
    )
    op.create_index("ix_subscription_review_account_id", "subscription_review", ["account_id"], unique=False)
    op.create_table(
        "token_family",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("device_id", sa.Text(), nullable=True),
        sa.Column("is_trusted", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revocation_reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_token_family_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_token_family")),
    )
    op.create_index("ix_token_family_account_id", "token_family", ["account_id"], unique=False)
    op.create_index(op.f("ix_token_family_expires_at"), "token_family", ["expires_at"], unique=False)
    op.create_table(
        "trusted_device",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("device_id", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("os", sa.Text(), nullable=True),
        sa.Column("date_created", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_trusted_device_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trusted_device")),
    )
    op.create_index(
        "uq_trusted_device_account_id_device_id", "trusted_device", ["account_id", "device_id"], unique=True
    )
    op.create_table(
        "recredit",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("deposit_id", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("date_created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "type IN ('Recredit15', 'Recredit16', 'Recredit17', 'Recredit18', 'BonusCredit', "
            "'ManualModification', 'PreviousDeposit', 'FinanceIncidentRecredit')",
            name=op.f("ck_recredit_known_type"),
        ),
        sa.ForeignKeyConstraint(
            ["deposit_id"], ["deposit.id"], name=op.f("fk_recredit_deposit_id_deposit"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recredit")),
    )
    op.create_index(op.f("ix_recredit_deposit_id"), "recredit", ["deposit_id"], unique=False)
    op.create_index(
        "uq_recredit_deposit_id_type",
        "recredit",
        ["deposit_id", "type"],
        unique=True,
        postgresql_where=sa.text("type NOT IN ('ManualModification', 'FinanceIncidentRecredit')"),
    )
    op.create_table(
        "refresh_token",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("family_id", sa.Uuid(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rotated_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["family_id"], ["token_family.id"], name=op.f("fk_refresh_token_family_id_token_family"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refresh_token")),
    )
    op.create_index("ix_refresh_token_family_id", "refresh_token", ["family_id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_refresh_token_family_id", table_name="refresh_token")
    op.drop_table("refresh_token")
    op.drop_index(
        "uq_recredit_deposit_id_type",
        table_name="recredit",
        postgresql_where=sa.text("type NOT IN ('ManualModification', 'FinanceIncidentRecredit')"),
    )
    op.drop_index(op.f("ix_recredit_deposit_id"), table_name="recredit")
    op.drop_table("recredit")
    op.drop_index("uq_trusted_device_account_id_device_id", table_name="trusted_device")
    op.drop_table("trusted_device")
    op.drop_index(op.f("ix_token_family_expires_at"), table_name="token_family")
    op.drop_index("ix_token_family_account_id", table_name="token_family")
    op.drop_table("token_family")
    op.drop_index("ix_subscription_review_account_id", table_name="subscription_review")
    op.drop_table("subscription_review")
    op.drop_index("ix_subscription_check_third_party_id", table_name="subscription_check")
    op.drop_index("ix_subscription_check_account_id", table_name="subscription_check")
    op.drop_table("subscription_check")
    op.drop_index(op.f("ix_portal_session_expires_at"), table_name="portal_session")
    op.drop_index("ix_portal_session_account_id", table_name="portal_session")
    op.drop_table("portal_session")
    op.drop_index(op.f("ix_login_device_date_created"), table_name="login_device")
    op.drop_index("ix_login_device_account_id_device_id", table_name="login_device")
    op.drop_table("login_device")
    op.drop_index("uq_deposit_account_id_type", table_name="deposit")
    op.drop_table("deposit")
    op.drop_index("uq_achievement_account_id_name", table_name="achievement")
    op.drop_table("achievement")
    op.drop_index("ix_account_action_account_id_id", table_name="account_action")
    op.drop_table("account_action")
    op.drop_table("wallet_replica")
    op.drop_table("signing_key")
    op.drop_index("ix_outbox_unpublished", table_name="outbox", postgresql_where=sa.text("published_at IS NULL"))
    op.drop_index("ix_outbox_published_at", table_name="outbox")
    op.drop_table("outbox")
    op.drop_index("ix_inbox_received_at", table_name="inbox")
    op.drop_table("inbox")
    op.drop_table("identity_key")
    op.drop_table("feature")
    op.drop_index(op.f("ix_attempt_count_expires_at"), table_name="attempt_count")
    op.drop_table("attempt_count")
    op.drop_index("ix_attachment_replica_user_id", table_name="attachment_replica")
    op.drop_table("attachment_replica")
    op.drop_index("ix_account_validated_birth_date", table_name="account")
    op.drop_index("ix_account_phone_number", table_name="account")
    op.drop_table("account")
