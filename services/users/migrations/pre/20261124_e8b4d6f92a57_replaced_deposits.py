"""Which deposit a deposit took over from."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "e8b4d6f92a57"
down_revision: str | None = "d7a3c5e81f46"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("deposit", sa.Column("replaces_id", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    op.drop_column("deposit", "replaces_id")
