"""Who was shown which player in the last 24 hours."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "player_readings",
        sa.Column("by", sa.String(64), primary_key=True),
        sa.Column("player_id", sa.Uuid(as_uuid=False), primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_player_readings_by_at", "player_readings", ["by", "at"])
    op.create_index("ix_player_readings_at", "player_readings", ["at"])
