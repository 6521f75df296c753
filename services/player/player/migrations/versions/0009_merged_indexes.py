"""Merged players are found by whom they were merged into, and by the end of their number; both indexes hold only them."""

import sqlalchemy as sa
from alembic import op

from chassis.data.migrations import create_index_in_use

revision = "0009"
down_revision = "0008"

_MERGED = sa.text("merged_into_id IS NOT NULL")


def upgrade() -> None:
    create_index_in_use(op, "ix_players_merged_into_id", "players", ["merged_into_id"], where=_MERGED)
    create_index_in_use(op, "ix_players_merged_tail", "players", ["phone_tail_index"], where=_MERGED)


def downgrade() -> None:
    for name in ("ix_players_merged_tail", "ix_players_merged_into_id"):
        op.drop_index(name, "players")
