"""The chassis' tables of long work."""

from alembic import op

from chassis.data.migrations import create_job_tables

revision = "0006"
down_revision = "0004"


def upgrade() -> None:
    create_job_tables(op)
