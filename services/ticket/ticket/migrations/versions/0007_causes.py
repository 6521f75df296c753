"""Causes, and which ticket has which."""

import sqlalchemy as sa
from alembic import op

from chassis.data.migrations import create_index_in_use

revision = "0007"
down_revision = "0006"

ID, AT = sa.Uuid(as_uuid=False), sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "causes",
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("pack_no", sa.String(length=16), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("solution", sa.Text(), nullable=False),
        sa.Column("fix_id", ID, nullable=True),
        sa.Column("fixed_at", AT, nullable=True),
        sa.Column("fixed_by", sa.String(length=64), nullable=True),
        sa.Column("created_by", sa.String(length=64), nullable=False),
        sa.Column("words", sa.ARRAY(sa.String(length=64)), nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("updated_at", AT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_causes")),
    )
    op.create_index("ix_causes_state_created_at", "causes", ["state", "created_at", "id"])
    op.create_index("ix_causes_created_at", "causes", ["created_at", "id"])
    op.create_index("ix_causes_updated_at", "causes", ["updated_at", "id"])
    op.create_index("ix_causes_words", "causes", ["words"], postgresql_using="gin")
    op.add_column("tickets", sa.Column("cause_id", ID, nullable=True))
    op.add_column("tickets", sa.Column("cause_fix_id", ID, nullable=True))
    known, unfixed = sa.text("cause_id IS NOT NULL"), sa.text("cause_id IS NOT NULL AND status <> 'done'")
    create_index_in_use(op, "ix_tickets_cause_id_created_at", "tickets", ["cause_id", "created_at", "id"], where=known)
    create_index_in_use(op, "ix_tickets_open_by_cause", "tickets", ["cause_id", "id"], where=unfixed)


def downgrade() -> None:
    op.drop_column("tickets", "cause_fix_id")
    op.drop_column("tickets", "cause_id")
    op.drop_table("causes")
