"""A partner's list is read and counted from one index, in its order."""

from collections.abc import Sequence

from alembic import op

revision: str = "c4d09e7b1a53"
down_revision: str | None = "b8f3d1a60c72"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    # Outside of the transaction: while rows are indexed, others read and write.
    with op.get_context().autocommit_block():
        op.create_index(
            "ix_booking_offerer_listed",
            "booking",
            ["offerer_id", "date_created", "id"],
            postgresql_include=["quantity", "offer_id", "venue_id"],
            postgresql_concurrently=True,
            if_not_exists=True,
        )


def downgrade() -> None:
    op.drop_index("ix_booking_offerer_listed", "booking")
