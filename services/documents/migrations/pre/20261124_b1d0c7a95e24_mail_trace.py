"""A mail remembers the trace that asked for it."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "b1d0c7a95e24"
down_revision: str | None = "cffa472c4121"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("mail", sa.Column("trace", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("mail", "trace")
