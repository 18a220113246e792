"""The indexes that the search no longer asks: each cost every writer, and misled the planner."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "c8e2a15f7b46"
down_revision: str | None = "5a1e0f7c2b94"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_BEST = (sa.text("rank DESC"), sa.text("offer_id DESC"))


def upgrade() -> None:
    with op.get_context().autocommit_block():
        for name, table in (
            ("ix_search_offer_words", "search_offer"),
            ("ix_search_offer_position", "search_offer"),
            ("ix_search_offer_rank", "search_offer"),
            ("ix_search_offer_subcategory_id", "search_offer"),
            ("ix_search_offer_price_min", "search_offer"),
            ("ix_search_offer_venue_id", "search_offer"),
            ("ix_search_word_trgm", "search_word"),
        ):
            op.drop_index(name, table, postgresql_concurrently=True, if_exists=True)


def downgrade() -> None:
    op.create_index(
        "ix_search_word_trgm",
        "search_word",
        ["word"],
        postgresql_using="gin",
        postgresql_ops={"word": "gin_trgm_ops"},
    )
    op.create_index("ix_search_offer_venue_id", "search_offer", ["venue_id"])
    op.create_index("ix_search_offer_price_min", "search_offer", ["price_min", "offer_id"])
    op.create_index("ix_search_offer_subcategory_id", "search_offer", ["subcategory_id", *_BEST])
    op.create_index("ix_search_offer_rank", "search_offer", [*_BEST])
    op.create_index("ix_search_offer_position", "search_offer", ["position"], postgresql_using="gist")
    op.create_index("ix_search_offer_words", "search_offer", ["words"], postgresql_using="gin")
