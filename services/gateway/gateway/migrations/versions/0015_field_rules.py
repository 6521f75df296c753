"""What roles do not see, may not set, and see masked, of single fields."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.add_column("roles", sa.Column("field_rules", postgresql.JSONB(), server_default="{}", nullable=False))
