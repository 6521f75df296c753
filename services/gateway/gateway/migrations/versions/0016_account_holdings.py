"""Whose a WeChat account was: the spans, one of them open at a time; those there are begin when they were made."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.create_table(
        "wechat_account_holdings",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("account_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("staff_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("by", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["wechat_accounts.id"], name=op.f("fk_wechat_account_holdings_account_id_wechat_accounts")
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_wechat_account_holdings_staff_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wechat_account_holdings")),
    )
    op.create_index(
        "ix_wechat_account_holdings_account_id_from_at", "wechat_account_holdings", ["account_id", "from_at", "id"]
    )
    op.create_index("ix_wechat_account_holdings_staff_id", "wechat_account_holdings", ["staff_id"])
    op.create_index(
        "uq_wechat_account_holdings_current",
        "wechat_account_holdings",
        ["account_id"],
        unique=True,
        postgresql_where=sa.text("until_at IS NULL"),
    )
    op.execute(
        "INSERT INTO wechat_account_holdings (id, account_id, staff_id, from_at, by) "
        "SELECT gen_random_uuid(), id, staff_id, created_at, 'gateway' FROM wechat_accounts WHERE staff_id IS NOT NULL"
    )
