"""Whoever was merged into a player is found; the index holds only merged players."""

import sqlalchemy as sa
from alembic import op

from chassis.data.migrations import create_index_in_use

revision = "0006"
down_revision = "0005"

_MERGED = sa.text("merged_into_id IS NOT NULL")


def upgrade() -> None:
    create_index_in_use(op, "ix_player_copies_merged_into_id", "player_copies", ["merged_into_id"], where=_MERGED)


def downgrade() -> None:
    op.drop_index("ix_player_copies_merged_into_id", "player_copies")
