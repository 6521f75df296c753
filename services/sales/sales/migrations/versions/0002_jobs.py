"""The chassis' tables of long work."""

from alembic import op

from chassis.data.migrations import create_job_tables

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    create_job_tables(op)
