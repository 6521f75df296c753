"""The tickets that came of a session are found by it."""

import sqlalchemy as sa
from alembic import op

from chassis.data.migrations import create_index_in_use

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    known = sa.text("session_id IS NOT NULL")
    create_index_in_use(op, "ix_tickets_session_id", "tickets", ["session_id"], where=known)


def downgrade() -> None:
    op.drop_index("ix_tickets_session_id", table_name="tickets")
