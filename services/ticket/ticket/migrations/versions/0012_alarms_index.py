"""Which alarm comes next, and which open tickets have no deadlines by a policy yet."""

import sqlalchemy as sa
from alembic import op

from chassis.data.migrations import create_index_in_use

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    waits, unwound = sa.text("next_alarm_at IS NOT NULL"), sa.text("policy_id IS NULL AND status <> 'done'")
    create_index_in_use(op, "ix_tickets_next_alarm_at", "tickets", ["next_alarm_at", "id"], where=waits)
    create_index_in_use(op, "ix_tickets_open_unwound", "tickets", ["id"], where=unwound)


def downgrade() -> None:
    op.drop_index("ix_tickets_open_unwound", "tickets")
    op.drop_index("ix_tickets_next_alarm_at", "tickets")
