"""What a member of staff is good at, and how many tickets at once are theirs."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    skills = sa.Column("skills", postgresql.ARRAY(sa.String(32)), server_default="{}", nullable=False)
    op.add_column("staff", skills)
    op.add_column("staff", sa.Column("capacity", sa.Integer()))
