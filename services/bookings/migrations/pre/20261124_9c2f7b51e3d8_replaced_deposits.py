"""Which wallet takes over from which, and what came over."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "9c2f7b51e3d8"
down_revision: str | None = "5b47682af8dd"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("wallet", sa.Column("replaces_id", sa.BigInteger(), nullable=True))
    op.add_column("wallet", sa.Column("replaced_by_id", sa.BigInteger(), nullable=True))
    op.add_column("wallet", sa.Column("carried_cents", sa.BigInteger(), server_default="0", nullable=False))
    op.create_check_constraint(
        op.f("ck_wallet_carried_positive"), "wallet", "carried_cents >= 0", postgresql_not_valid=True
    )
    with op.get_context().autocommit_block():
        op.execute("ALTER TABLE wallet VALIDATE CONSTRAINT ck_wallet_carried_positive")


def downgrade() -> None:
    op.drop_constraint(op.f("ck_wallet_carried_positive"), "wallet")
    for column in ("carried_cents", "replaced_by_id", "replaces_id"):
        op.drop_column("wallet", column)
