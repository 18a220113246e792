"""The root of what runs after the new code is live."""

from collections.abc import Sequence

revision: str = "58b672eb1102"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = ("post",)
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
