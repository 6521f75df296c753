"""Touches, orders, payments, copies, best sellers, and the chassis' tables."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from chassis.data.migrations import create_shared_tables

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_shared_tables(op)
    op.execute("CREATE SEQUENCE o_numbers")
    op.create_table(
        "pack_copies",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("no", sa.String(length=32), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("lines", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("sum", sa.Numeric(precision=16, scale=2), nullable=False),
        sa.Column("price", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("discount", sa.Numeric(precision=12, scale=6), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("player_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pack_copies")),
        sa.UniqueConstraint("no", name=op.f("uq_pack_copies_no")),
    )
    op.create_index(
        "ix_pack_copies_on_sale_price",
        "pack_copies",
        ["price"],
        unique=False,
        postgresql_where=sa.text("state = 'on_sale'"),
    )
    op.create_index(op.f("ix_pack_copies_player_id"), "pack_copies", ["player_id"], unique=False)
    op.create_table(
        "pack_sales",
        sa.Column("pack_no", sa.String(length=32), nullable=False),
        sa.Column("sold", sa.Integer(), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("pack_no", name=op.f("pk_pack_sales")),
    )
    op.create_table(
        "player_copies",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("nickname", sa.String(length=64), nullable=True),
        sa.Column("wechat_id", sa.String(length=64), nullable=True),
        sa.Column("wechat_name", sa.String(length=64), nullable=True),
        sa.Column("agent_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("vip_tier", sa.Integer(), nullable=False),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_player_copies")),
    )
    op.create_index(op.f("ix_player_copies_agent_id"), "player_copies", ["agent_id"], unique=False)
    op.create_index(op.f("ix_player_copies_wechat_id"), "player_copies", ["wechat_id"], unique=False)
    op.create_table(
        "staff_copies",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("no", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("department_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_copies")),
    )
    op.create_index(op.f("ix_staff_copies_department_id"), "staff_copies", ["department_id"], unique=False)
    op.create_table(
        "touches",
        sa.Column("player_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("staff_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("outcome", sa.String(length=32), nullable=False),
        sa.Column("lost_reason", sa.String(length=32), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pack_no", sa.String(length=32), nullable=True),
        sa.Column("pack_name", sa.Text(), nullable=True),
        sa.Column("pack_price", sa.Numeric(precision=12, scale=2), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("order_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("opportunity_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["player_id"], ["player_copies.id"], name=op.f("fk_touches_player_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_touches")),
    )
    op.create_index("ix_touches_created_at", "touches", ["created_at", "id"], unique=False)
    op.create_index(
        "ix_touches_follow_up",
        "touches",
        [sa.literal_column("coalesce(next_at, '9999-12-31 00:00:00+00'::timestamptz)"), "id"],
        unique=False,
    )
    op.create_index("ix_touches_pack_no_created_at", "touches", ["pack_no", "created_at", "id"], unique=False)
    op.create_index("ix_touches_player_id_created_at", "touches", ["player_id", "created_at", "id"], unique=False)
    op.create_index("ix_touches_staff_id_created_at", "touches", ["staff_id", "created_at", "id"], unique=False)
    op.create_index(
        "ix_touches_staff_id_next_at",
        "touches",
        ["staff_id", "next_at"],
        unique=False,
        postgresql_where=sa.text("next_at IS NOT NULL"),
    )
    op.create_table(
        "orders",
        sa.Column("no", sa.String(length=24), nullable=False),
        sa.Column("player_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("staff_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("placed_by", sa.String(length=64), nullable=False),
        sa.Column("touch_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("session_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("pack_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("pack_no", sa.String(length=32), nullable=False),
        sa.Column("pack_revision", sa.Integer(), nullable=False),
        sa.Column("pack_name", sa.Text(), nullable=False),
        sa.Column("lines", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("list_sum", sa.Numeric(precision=16, scale=2), nullable=False),
        sa.Column("pack_price", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.Column("price", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.Column("total", sa.Numeric(precision=16, scale=2), nullable=False),
        sa.Column("paid_total", sa.Numeric(precision=16, scale=2), nullable=False),
        sa.Column("discount", sa.Numeric(precision=12, scale=4), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.String(length=64), nullable=True),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("shipped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("paid_total BETWEEN 0 AND total", name=op.f("ck_orders_never_overpaid")),
        sa.CheckConstraint("price > 0 AND price <= pack_price", name=op.f("ck_orders_price_in_range")),
        sa.CheckConstraint("quantity BETWEEN 1 AND 999", name=op.f("ck_orders_quantity_in_range")),
        sa.ForeignKeyConstraint(["player_id"], ["player_copies.id"], name=op.f("fk_orders_player_id")),
        sa.ForeignKeyConstraint(["touch_id"], ["touches.id"], name=op.f("fk_orders_touch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
        sa.UniqueConstraint("no", name=op.f("uq_orders_no")),
    )
    op.create_index("ix_orders_created_at", "orders", ["created_at", "id"], unique=False)
    op.create_index("ix_orders_pack_no_created_at", "orders", ["pack_no", "created_at", "id"], unique=False)
    op.create_index("ix_orders_player_id_created_at", "orders", ["player_id", "created_at", "id"], unique=False)
    op.create_index("ix_orders_staff_id_created_at", "orders", ["staff_id", "created_at", "id"], unique=False)
    op.create_index("ix_orders_state_created_at", "orders", ["state", "created_at", "id"], unique=False)
    op.create_index("ix_orders_total", "orders", ["total", "id"], unique=False)
    op.create_table(
        "payments",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("order_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("method", sa.String(length=32), nullable=False),
        sa.Column("amount", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("external_no", sa.String(length=64), nullable=True),
        sa.Column("recorded_by", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_payments_amount_positive")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_payments_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payments")),
        sa.UniqueConstraint("method", "external_no", name="uq_payments_method_external_no"),
    )
    op.create_index(op.f("ix_payments_order_id"), "payments", ["order_id"], unique=False)
