"""The touches and orders of a campaign are found; the indexes hold only those that are of one."""

import sqlalchemy as sa
from alembic import op

from chassis.data.migrations import create_index_in_use

revision = "0014"
down_revision = "0013"

_COUNTED = sa.text("campaign_id IS NOT NULL")


def upgrade() -> None:
    for table in ("touches", "orders"):
        columns = ["campaign_id", "created_at", "id"]
        create_index_in_use(op, f"ix_{table}_campaign_id_created_at", table, columns, where=_COUNTED)


def downgrade() -> None:
    for table in ("touches", "orders"):
        op.drop_index(f"ix_{table}_campaign_id_created_at", table)
