"""The root of what runs after a release."""

from collections.abc import Sequence

revision: str = "94668eaa7360"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = ("post",)
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
