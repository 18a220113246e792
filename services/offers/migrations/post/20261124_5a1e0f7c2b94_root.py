"""The root of what runs after a release."""

from collections.abc import Sequence

revision: str = "5a1e0f7c2b94"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = ("post",)
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
