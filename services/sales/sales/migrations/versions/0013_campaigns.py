"""Campaigns, and on touches and orders the one they are counted for."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.execute("CREATE SEQUENCE m_numbers")
    op.create_table(
        "campaigns",
        sa.Column("no", sa.String(16), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("budget", sa.Numeric(16, 2), nullable=False),
        sa.Column("cost", sa.Numeric(16, 2), nullable=True),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("packs", postgresql.JSONB(), nullable=False),
        sa.Column("target", postgresql.JSONB(), nullable=False),
        sa.Column("department_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("planned_by", sa.String(64), nullable=False),
        *(sa.Column(name, sa.DateTime(timezone=True)) for name in ("starts_at", "ends_at", "started_at", "ended_at")),
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("budget >= 0 AND cost >= 0", name=op.f("ck_campaigns_amounts_positive")),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_campaigns_ends_after_start")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaigns")),
        sa.UniqueConstraint("no", name=op.f("uq_campaigns_no")),
    )
    op.create_index("ix_campaigns_created_at", "campaigns", ["created_at", "id"])
    op.create_index("ix_campaigns_state_created_at", "campaigns", ["state", "created_at", "id"])
    for index, column, state in (("to_start", "starts_at", "draft"), ("to_end", "ends_at", "running")):
        op.create_index(f"ix_campaigns_{index}", "campaigns", [column], postgresql_where=sa.text(f"state = '{state}'"))
    for table in ("touches", "orders"):
        op.add_column(table, sa.Column("campaign_id", sa.Uuid(as_uuid=False), nullable=True))


def downgrade() -> None:
    for table in ("touches", "orders"):
        op.drop_column(table, "campaign_id")
    op.drop_table("campaigns")
    op.execute("DROP SEQUENCE m_numbers")
