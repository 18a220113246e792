"""Identity providers: tasks, ÉduConnect's requests, applications at Démarche Numérique; the disability bonus."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "c4f0a91b7d25"
down_revision: str | None = "b2d8e4fa6f31"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_FORMER = (
    "type IN ('dms', 'educonnect', 'honor_statement', 'internal_review', 'jouve', 'phone_validation',"
    " 'profile_completion', 'qf_bonus_credit', 'ubble', 'user_profiling')"
)
_KNOWN = (
    "type IN ('disability_bonus_credit', 'dms', 'educonnect', 'honor_statement', 'internal_review', 'jouve',"
    " 'phone_validation', 'profile_completion', 'qf_bonus_credit', 'ubble', 'user_profiling')"
)


def _replace_types(allowed: str) -> None:
    # The constraint that follows allows all that this one did.
    op.execute(
        "-- squawk-ignore ban-drop-constraint\n"
        "ALTER TABLE subscription_check DROP CONSTRAINT ck_subscription_check_known_type"
    )
    op.create_check_constraint(
        op.f("ck_subscription_check_known_type"), "subscription_check", allowed, postgresql_not_valid=True
    )
    # In a transaction of its own: while rows are looked at, others read and write.
    with op.get_context().autocommit_block():
        op.execute("ALTER TABLE subscription_check VALIDATE CONSTRAINT ck_subscription_check_known_type")


def upgrade() -> None:
    op.add_column("subscription_check", sa.Column("id_pictures_stored", sa.Boolean(), nullable=True))
    _replace_types(_KNOWN)
    op.create_table(
        "partner_task",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("details", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("date_created", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partner_task")),
    )
    op.create_index("uq_partner_task_kind_subject", "partner_task", ["kind", "subject"], unique=True)
    op.create_index("ix_partner_task_due_at", "partner_task", ["due_at"], postgresql_where=sa.text("failed_at IS NULL"))
    op.create_table(
        "saml_request",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("date_created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_saml_request_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saml_request")),
    )
    op.create_index(op.f("ix_saml_request_account_id"), "saml_request", ["account_id"])
    op.create_index("ix_saml_request_expires_at", "saml_request", ["expires_at"])
    op.create_table(
        "saml_assertion",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saml_assertion")),
    )
    op.create_index("ix_saml_assertion_expires_at", "saml_assertion", ["expires_at"])
    op.create_table(
        "orphan_dms_application",
        sa.Column("application_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("procedure_id", sa.BigInteger(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("latest_modification", sa.DateTime(timezone=True), nullable=True),
        sa.Column("date_created", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("application_id", name=op.f("pk_orphan_dms_application")),
    )
    op.create_index("ix_orphan_dms_application_email", "orphan_dms_application", ["email"])
    op.create_table(
        "dms_import",
        sa.Column("procedure_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("latest_import", sa.DateTime(timezone=True), nullable=False),
        sa.Column("processed_applications", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.PrimaryKeyConstraint("procedure_id", name=op.f("pk_dms_import")),
    )


def downgrade() -> None:
    for name in ("dms_import", "orphan_dms_application", "saml_assertion", "saml_request", "partner_task"):
        op.drop_table(name)
    op.execute("DELETE FROM subscription_check WHERE type = 'disability_bonus_credit'")
    _replace_types(_FORMER)
    op.drop_column("subscription_check", "id_pictures_stored")
