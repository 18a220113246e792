"""People who were made anonymous, until no fact of bookings names them."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "a4e8c2d6f013"
down_revision: str | None = "9c2f7b51e3d8"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "erased_person",
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cleared_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_erased_person")),
    )


def downgrade() -> None:
    op.drop_table("erased_person")
