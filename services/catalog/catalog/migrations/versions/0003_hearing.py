"""The chassis' tables of versions heard and of tokens revoked."""

from alembic import op

from chassis.data.migrations import create_hearing_tables

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    create_hearing_tables(op)
