"""Who changed a feature flag, when and why; and the flags of the other services."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "f6b2d8e03a91"
down_revision: str | None = "e5d1b9c7a380"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    # Code of before writes neither of them.
    op.add_column("feature", sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("feature", sa.Column("changed_by", sa.Text(), nullable=True))
    op.add_column("feature", sa.Column("reason", sa.Text(), nullable=True))
    op.create_table(
        "offers_feature_replica",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("portal", sa.Boolean(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offers_feature_replica")),
    )
    op.create_table(
        "bookings_feature_replica",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("portal", sa.Boolean(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bookings_feature_replica")),
    )
    op.create_table(
        "documents_feature_replica",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("portal", sa.Boolean(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_documents_feature_replica")),
    )


def downgrade() -> None:
    op.drop_table("documents_feature_replica")
    op.drop_table("bookings_feature_replica")
    op.drop_table("offers_feature_replica")
    op.drop_column("feature", "reason")
    op.drop_column("feature", "changed_by")
    op.drop_column("feature", "changed_at")
