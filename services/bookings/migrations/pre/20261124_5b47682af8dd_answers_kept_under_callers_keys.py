"""The answers kept under callers' keys."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "5b47682af8dd"
down_revision: str | None = "6ab2e7a06f79"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "idempotency_key",
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("date_created", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("length(key) BETWEEN 1 AND 255", name=op.f("ck_idempotency_key_key_length")),
        sa.CheckConstraint("status BETWEEN 200 AND 499", name=op.f("ck_idempotency_key_status")),
        sa.CheckConstraint("status NOT IN (409, 429)", name=op.f("ck_idempotency_key_settled")),
        sa.PrimaryKeyConstraint("user_id", "key", name=op.f("pk_idempotency_key")),
    )
    op.create_index("ix_idempotency_key_date_created", "idempotency_key", ["date_created"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_idempotency_key_date_created", table_name="idempotency_key")
    op.drop_table("idempotency_key")
