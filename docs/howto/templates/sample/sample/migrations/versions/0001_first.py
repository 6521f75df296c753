"""Notes, copies of staff, and the chassis' tables."""

import sqlalchemy as sa
from alembic import op

from chassis.data.migrations import create_shared_tables

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_shared_tables(op)
    op.create_table(
        "sample_notes",
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sample_notes")),
    )
    op.create_index("ix_sample_notes_created_at", "sample_notes", ["created_at", "id"])
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
    op.create_index(op.f("ix_staff_copies_department_id"), "staff_copies", ["department_id"])


def downgrade() -> None:
    raise NotImplementedError("the first revision: drop the database")
