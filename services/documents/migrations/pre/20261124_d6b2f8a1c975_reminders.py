"""Bookings by the day on which they begin or end, for reminders."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "d6b2f8a1c975"
down_revision: str | None = "c3a9e1f7b452"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    # Outside of the transaction: while rows are indexed, others read and write.
    with op.get_context().autocommit_block():
        op.create_index(
            "ix_booking_replica_begins",
            "booking_replica",
            [sa.text("(state #>> '{stock,beginning_datetime}')")],
            postgresql_where=sa.text("status IN ('CONFIRMED', 'USED')"),
            postgresql_concurrently=True,
            if_not_exists=True,
        )
        op.create_index(
            "ix_booking_replica_expires",
            "booking_replica",
            [sa.text("(state ->> 'expiration_date')")],
            postgresql_where=sa.text("status = 'CONFIRMED'"),
            postgresql_concurrently=True,
            if_not_exists=True,
        )


def downgrade() -> None:
    op.drop_index("ix_booking_replica_expires", "booking_replica")
    op.drop_index("ix_booking_replica_begins", "booking_replica")
