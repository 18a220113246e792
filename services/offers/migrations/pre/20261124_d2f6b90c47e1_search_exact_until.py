"""The search knows until when a row says exactly what is left of its offer."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "d2f6b90c47e1"
down_revision: str | None = "e7c1a5d38f20"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    # Without a value the stocks are asked, as before: `offers reindex` fills it.
    op.add_column("search_offer", sa.Column("exact_until", sa.DateTime(timezone=True), nullable=True))
    with op.get_context().autocommit_block():
        op.create_index(
            "ix_search_offer_exact_until",
            "search_offer",
            ["exact_until"],
            postgresql_concurrently=True,
            if_not_exists=True,
        )


def downgrade() -> None:
    op.drop_index("ix_search_offer_exact_until", "search_offer")
    op.drop_column("search_offer", "exact_until")
