"""What the member system says of a player, and the chassis' tables of versions heard and of tokens revoked."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from chassis.data.migrations import create_hearing_tables

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    create_hearing_tables(op)
    op.add_column("players", sa.Column("member", postgresql.JSONB(), nullable=True))
