"""Sign-on by a provider; an account keeps a way to sign in, checked when the transaction commits."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "f1a9c3d70b68"
down_revision: str | None = "e8b4d6f92a57"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_CHECK = """
CREATE FUNCTION check_login_method() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    checked bigint;
BEGIN
    IF TG_OP = 'DELETE' THEN
        checked := OLD.account_id;
    ELSE
        checked := NEW.id;
    END IF;
    IF EXISTS (SELECT FROM account WHERE id = checked AND password_hash IS NULL)
        AND NOT EXISTS (SELECT FROM sign_on_link WHERE account_id = checked)
    THEN
        RAISE EXCEPTION 'missingLoginMethod' USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_account_login_method';
    END IF;
    RETURN NULL;
END
$$
"""


def upgrade() -> None:
    op.create_table(
        "sign_on_link",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("date_created", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("provider IN ('google', 'apple')", name=op.f("ck_sign_on_link_known_provider")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_sign_on_link_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_on_link")),
    )
    op.create_index("uq_sign_on_link_provider_account_id", "sign_on_link", ["provider", "account_id"], unique=True)
    op.create_index("uq_sign_on_link_provider_subject", "sign_on_link", ["provider", "subject"], unique=True)
    op.create_index("ix_sign_on_link_account_id", "sign_on_link", ["account_id"])
    op.execute(_CHECK)
    op.execute(
        "CREATE CONSTRAINT TRIGGER account_keeps_login_method AFTER INSERT OR UPDATE OF password_hash ON account"
        " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.password_hash IS NULL)"
        " EXECUTE FUNCTION check_login_method()"
    )
    op.execute(
        "CREATE CONSTRAINT TRIGGER link_is_not_the_last_login_method AFTER DELETE ON sign_on_link"
        " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_login_method()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER account_keeps_login_method ON account")
    op.drop_table("sign_on_link")
    op.execute("DROP FUNCTION check_login_method()")
