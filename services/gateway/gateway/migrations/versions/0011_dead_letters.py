"""The chassis' table of facts that could not be handled."""

from alembic import op

from chassis.data.migrations import create_dead_letter_table

revision = "0011"
down_revision = "0008"


def upgrade() -> None:
    create_dead_letter_table(op)
