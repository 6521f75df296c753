"""When a player was erased."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("players", sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
