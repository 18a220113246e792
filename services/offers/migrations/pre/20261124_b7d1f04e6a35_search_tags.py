"""The search takes its index in slices: tags, one index for words and tags, forms of words, stems."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "b7d1f04e6a35"
down_revision: str | None = "0f3e2d1c4b5a"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# `tags.UNTAGGED`: rows that the code of before writes, and those it wrote, fit every question until `offers reindex`.
_UNTAGGED = "{1879048192}"
_GIN = {"fastupdate": "off"}


def upgrade() -> None:
    op.add_column(
        "search_offer",
        sa.Column("tags", postgresql.ARRAY(sa.Integer()), server_default=_UNTAGGED, nullable=False),
    )
    op.add_column(
        "search_word", sa.Column("forms", postgresql.ARRAY(sa.Integer()), server_default="{}", nullable=False)
    )
    op.create_table(
        "search_stem",
        sa.Column("stem", sa.Text(), nullable=False),
        sa.Column("offers", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("stem", name=op.f("pk_search_stem")),
    )
    op.create_index("ix_search_stem_prefix", "search_stem", ["stem"], postgresql_ops={"stem": "text_pattern_ops"})
    # Outside of the transaction: while rows are indexed, others read and write.
    with op.get_context().autocommit_block():
        op.create_index(
            "ix_search_offer_tags_words",
            "search_offer",
            ["tags", "words"],
            postgresql_using="gin",
            postgresql_with=_GIN,
            postgresql_concurrently=True,
            if_not_exists=True,
        )
        op.create_index(
            "ix_search_offer_bookable_until",
            "search_offer",
            ["bookable_until"],
            postgresql_concurrently=True,
            if_not_exists=True,
        )
        op.create_index(
            "ix_search_word_forms",
            "search_word",
            ["forms"],
            postgresql_using="gin",
            postgresql_with=_GIN,
            postgresql_concurrently=True,
            if_not_exists=True,
        )
        op.create_index(
            "ix_search_word_prefix",
            "search_word",
            ["word"],
            postgresql_ops={"word": "text_pattern_ops"},
            postgresql_concurrently=True,
            if_not_exists=True,
        )


def downgrade() -> None:
    for name, table in (
        ("ix_search_word_prefix", "search_word"),
        ("ix_search_word_forms", "search_word"),
        ("ix_search_offer_bookable_until", "search_offer"),
        ("ix_search_offer_tags_words", "search_offer"),
    ):
        op.drop_index(name, table)
    op.drop_table("search_stem")
    op.drop_column("search_word", "forms")
    op.drop_column("search_offer", "tags")
