"""Texts to telephones beside mails; who is named in a message; people who were erased."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "c3a9e1f7b452"
down_revision: str | None = "b1d0c7a95e24"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("mail", sa.Column("channel", sa.Text(), server_default="email", nullable=False))
    op.add_column("mail", sa.Column("people", postgresql.ARRAY(sa.BigInteger()), server_default="{}", nullable=False))
    op.create_check_constraint(
        op.f("ck_mail_channel"), "mail", "channel IN ('email', 'sms')", postgresql_not_valid=True
    )
    op.create_table(
        "erased_person",
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("birth_date", sa.Date(), nullable=True),
        sa.Column("department_code", sa.Text(), nullable=True),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_erased_person")),
    )
    # Outside of the transaction: while rows are looked at and indexed, others read and write.
    with op.get_context().autocommit_block():
        op.execute("ALTER TABLE mail VALIDATE CONSTRAINT ck_mail_channel")
        op.create_index(
            "ix_mail_people",
            "mail",
            ["people"],
            postgresql_using="gin",
            postgresql_concurrently=True,
            if_not_exists=True,
        )


def downgrade() -> None:
    op.drop_index("ix_mail_people", table_name="mail")
    op.drop_table("erased_person")
    op.drop_constraint(op.f("ck_mail_channel"), "mail")
    op.drop_column("mail", "people")
    op.drop_column("mail", "channel")
