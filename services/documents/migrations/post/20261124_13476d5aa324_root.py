"""root"""

from collections.abc import Sequence

revision: str = "13476d5aa324"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = ("post",)
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
