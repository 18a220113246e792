"""Agents' roles and permissions, actions that are about no account, what is known of offerers."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "d7a3c5e81f46"
down_revision: str | None = "c4f0a91b7d25"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_ABOUT = (
    "account_id IS NOT NULL OR type IN ('ROLE_PERMISSIONS_CHANGED', 'BLACKLIST_DOMAIN_NAME',"
    " 'REMOVE_BLACKLISTED_DOMAIN_NAME')"
)


def upgrade() -> None:
    op.create_table(
        "agent_role",
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_agent_role")),
    )
    op.create_table(
        "agent_role_permission",
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("permission", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["role"], ["agent_role.name"], name=op.f("fk_agent_role_permission_role_agent_role")),
        sa.PrimaryKeyConstraint("role", "permission", name=op.f("pk_agent_role_permission")),
    )
    op.create_table(
        "agent_assignment",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_agent_assignment_account_id_account"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["role"], ["agent_role.name"], name=op.f("fk_agent_assignment_role_agent_role")),
        sa.PrimaryKeyConstraint("account_id", "role", name=op.f("pk_agent_assignment")),
    )
    op.create_index("ix_agent_assignment_role", "agent_assignment", ["role"])
    op.create_table(
        "offerer_replica",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("validation_status", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offerer_replica")),
    )
    op.create_table(
        "active_offerer",
        sa.Column("offerer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("offerer_id", name=op.f("pk_active_offerer")),
    )
    op.alter_column("account_action", "account_id", nullable=True)
    op.create_check_constraint(
        op.f("ck_account_action_is_about_an_account"), "account_action", _ABOUT, postgresql_not_valid=True
    )
    # Outside of the transaction: while rows are looked at and indexed, others read and write.
    with op.get_context().autocommit_block():
        op.execute("ALTER TABLE account_action VALIDATE CONSTRAINT ck_account_action_is_about_an_account")
        op.create_index(
            "ix_portal_session_impersonator_id",
            "portal_session",
            ["impersonator_id"],
            postgresql_where=sa.text("impersonator_id IS NOT NULL"),
            postgresql_concurrently=True,
            if_not_exists=True,
        )
        op.create_index(
            "ix_attachment_replica_offerer_id",
            "attachment_replica",
            ["offerer_id"],
            postgresql_concurrently=True,
            if_not_exists=True,
        )


def downgrade() -> None:
    op.drop_index("ix_attachment_replica_offerer_id", "attachment_replica")
    op.drop_index("ix_portal_session_impersonator_id", "portal_session")
    op.drop_constraint(op.f("ck_account_action_is_about_an_account"), "account_action")
    op.execute("DELETE FROM account_action WHERE account_id IS NULL")
    op.alter_column("account_action", "account_id", nullable=False)
    for table in ("active_offerer", "offerer_replica", "agent_assignment", "agent_role_permission", "agent_role"):
        op.drop_table(table)
