"""Tickets, their timeline, hand-overs, copies, and the chassis' tables."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from chassis.data.migrations import create_shared_tables

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_shared_tables(op)
    op.execute("CREATE SEQUENCE t_numbers")
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
        "tickets",
        sa.Column("no", sa.String(length=24), nullable=False),
        sa.Column("player_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("solution", sa.Text(), nullable=False),
        sa.Column("category", sa.String(length=32), nullable=False),
        sa.Column("priority", sa.String(length=16), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("waiting", sa.Boolean(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("assignee_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("department_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("session_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("order_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("reopen_count", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=64), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("words", sa.ARRAY(sa.String(length=64)), nullable=False),
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["player_id"], ["player_copies.id"], name=op.f("fk_tickets_player_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tickets")),
        sa.UniqueConstraint("no", name=op.f("uq_tickets_no")),
    )
    op.create_index("ix_tickets_assignee_id_created_at", "tickets", ["assignee_id", "created_at", "id"], unique=False)
    op.create_index("ix_tickets_created_at", "tickets", ["created_at", "id"], unique=False)
    op.create_index(
        "ix_tickets_department_id_created_at", "tickets", ["department_id", "created_at", "id"], unique=False
    )
    op.create_index(
        "ix_tickets_done_by_assignee",
        "tickets",
        ["assignee_id", "completed_at"],
        unique=False,
        postgresql_where=sa.text("status = 'done'"),
    )
    op.create_index(
        "ix_tickets_open_by_assignee",
        "tickets",
        ["assignee_id", "due_at", "id"],
        unique=False,
        postgresql_where=sa.text("status <> 'done'"),
    )
    op.create_index(
        "ix_tickets_open_due_at",
        "tickets",
        ["due_at", "id"],
        unique=False,
        postgresql_where=sa.text("status <> 'done'"),
    )
    op.create_index("ix_tickets_player_id_created_at", "tickets", ["player_id", "created_at", "id"], unique=False)
    op.create_index("ix_tickets_updated_at", "tickets", ["updated_at", "id"], unique=False)
    op.create_index("ix_tickets_words", "tickets", ["words"], unique=False, postgresql_using="gin")
    op.create_table(
        "ticket_changes",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("ticket_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("actor_id", sa.String(length=64), nullable=False),
        sa.Column("changes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_ticket_changes_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_changes")),
    )
    op.create_index("ix_ticket_changes_ticket_id_at", "ticket_changes", ["ticket_id", "at", "id"], unique=False)
    op.create_table(
        "transfers",
        sa.Column("ticket_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("from_staff_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("from_department_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("from_line", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("department_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_transfers_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfers")),
    )
    op.create_index("ix_transfers_ticket_id", "transfers", ["ticket_id"], unique=False)
