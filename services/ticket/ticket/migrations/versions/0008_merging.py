"""Which ticket was merged into which, and where it stood before."""

import sqlalchemy as sa
from alembic import op

from chassis.data.migrations import create_index_in_use

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("tickets", sa.Column("merged_into_id", sa.Uuid(as_uuid=False), nullable=True))
    op.add_column("tickets", sa.Column("status_before_merge", sa.String(length=16), nullable=True))
    merged = sa.text("merged_into_id IS NOT NULL")
    create_index_in_use(op, "ix_tickets_merged_into_id", "tickets", ["merged_into_id"], where=merged)


def downgrade() -> None:
    op.drop_column("tickets", "status_before_merge")
    op.drop_column("tickets", "merged_into_id")
