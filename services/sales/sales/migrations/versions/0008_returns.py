"""Returns, and on each order what of it was asked back and refunded."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.execute("CREATE SEQUENCE r_numbers")
    for name in ("returned_total", "refunded_total"):
        op.add_column("orders", sa.Column(name, sa.Numeric(16, 2), nullable=False, server_default=sa.text("0")))
    # NOT VALID: no order is read while the table is locked; those that are there have 0, which holds.
    op.create_check_constraint(
        op.f("ck_orders_never_over_refunded"),
        "orders",
        "refunded_total >= 0 AND refunded_total <= returned_total AND returned_total <= paid_total",
        postgresql_not_valid=True,
    )
    op.create_table(
        "returns",
        sa.Column("no", sa.String(24), nullable=False),
        sa.Column("order_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("order_no", sa.String(24), nullable=False),
        sa.Column("player_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("staff_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("pack_no", sa.String(32), nullable=False),
        sa.Column("pack_name", sa.Text(), nullable=False),
        sa.Column("lines", postgresql.JSONB(), nullable=False),
        sa.Column("amount", sa.Numeric(16, 2), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("rule", sa.String(32), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("requested_by", sa.String(64), nullable=False),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("decided_by", sa.String(64), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("method", sa.String(32), nullable=True),
        sa.Column("external_no", sa.String(64), nullable=True),
        sa.Column("refunded_by", sa.String(64), nullable=True),
        sa.Column("refunded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_returns_amount_positive")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_returns_order_id")),
        sa.ForeignKeyConstraint(["player_id"], ["player_copies.id"], name=op.f("fk_returns_player_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_returns")),
        sa.UniqueConstraint("no", name=op.f("uq_returns_no")),
        sa.UniqueConstraint("method", "external_no", name="uq_returns_method_external_no"),
    )
    for first in ("order_id", "player_id", "staff_id", "state"):
        op.create_index(f"ix_returns_{first}_created_at", "returns", [first, "created_at", "id"])
    op.create_index("ix_returns_created_at", "returns", ["created_at", "id"])
