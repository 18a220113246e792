"""Extracts of a person's data."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "b2d8e4fa6f31"
down_revision: str | None = "a1c7f3d95e20"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "gdpr_extract",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("author_id", sa.BigInteger(), nullable=False),
        sa.Column("date_created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("date_processed", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_gdpr_extract_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gdpr_extract")),
    )
    op.create_index(op.f("ix_gdpr_extract_account_id"), "gdpr_extract", ["account_id"])
    op.create_index(
        "ix_gdpr_extract_unprocessed",
        "gdpr_extract",
        ["date_created"],
        postgresql_where=sa.text("date_processed IS NULL"),
    )


def downgrade() -> None:
    op.drop_table("gdpr_extract")
