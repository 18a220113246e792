"""One-time tokens, notices, changes of address, requests of erasure, blocked domains, survey answers."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "a1c7f3d95e20"
down_revision: str | None = "6e045014b659"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "notice",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("date_created", MOMENT, nullable=False),
        sa.CheckConstraint("channel IN ('email', 'sms')", name=op.f("ck_notice_channel")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_notice_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
    )
    op.create_index("ix_notice_account_id_kind_date_created", "notice", ["account_id", "kind", "date_created"])
    op.create_index("ix_notice_date_created", "notice", ["date_created"])
    op.create_table(
        "one_time_token",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("consumed_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_one_time_token_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_one_time_token")),
    )
    op.create_index("uq_one_time_token_type_account_id", "one_time_token", ["type", "account_id"], unique=True)
    op.create_index("uq_one_time_token_secret_hash", "one_time_token", ["secret_hash"], unique=True)
    op.create_index("ix_one_time_token_account_id", "one_time_token", ["account_id"])
    op.create_index(op.f("ix_one_time_token_expires_at"), "one_time_token", ["expires_at"])
    op.create_table(
        "email_change",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("old_email", sa.Text(), nullable=False),
        sa.Column("new_email", sa.Text(), nullable=True),
        sa.Column("date_created", MOMENT, nullable=False),
        sa.CheckConstraint(
            "step IN ('UPDATE_REQUEST', 'CONFIRMATION', 'CANCELLATION', 'NEW_EMAIL_SELECTION', 'VALIDATION',"
            " 'ADMIN_VALIDATION', 'ADMIN_UPDATE_REQUEST', 'ADMIN_UPDATE')",
            name=op.f("ck_email_change_known_step"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_email_change_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_email_change")),
    )
    op.create_index("ix_email_change_account_id_id", "email_change", ["account_id", "id"])
    op.create_table(
        "anonymization_request",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("date_created", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_anonymization_request_account_id_account"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_anonymization_request")),
    )
    op.create_table(
        "blocked_email_domain",
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("date_created", MOMENT, nullable=False),
        sa.CheckConstraint("domain = lower(btrim(domain))", name=op.f("ck_blocked_email_domain_domain_normalised")),
        sa.PrimaryKeyConstraint("domain", name=op.f("pk_blocked_email_domain")),
    )
    op.create_table(
        "survey_answers",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("answers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("date_created", MOMENT, nullable=False),
        sa.Column("exported_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_survey_answers_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey_answers")),
    )
    op.create_index(op.f("ix_survey_answers_account_id"), "survey_answers", ["account_id"])
    op.create_index(
        "ix_survey_answers_unexported", "survey_answers", ["id"], postgresql_where=sa.text("exported_at IS NULL")
    )


def downgrade() -> None:
    for table in (
        "survey_answers",
        "blocked_email_domain",
        "anonymization_request",
        "email_change",
        "one_time_token",
        "notice",
    ):
        op.drop_table(table)
