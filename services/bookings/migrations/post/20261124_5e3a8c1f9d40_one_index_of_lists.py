"""The index that the list of a partner no longer asks: the one that holds all it counts begins alike."""

from collections.abc import Sequence

from alembic import op

revision: str = "5e3a8c1f9d40"
down_revision: str | None = "94668eaa7360"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.drop_index("ix_booking_offerer_date_created", "booking", postgresql_concurrently=True, if_exists=True)


def downgrade() -> None:
    op.create_index("ix_booking_offerer_date_created", "booking", ["offerer_id", "date_created"])
