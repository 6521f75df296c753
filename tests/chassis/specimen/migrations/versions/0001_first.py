"""Notes, copies and the chassis' tables."""

from alembic import op

from chassis.data.migrations import create_shared_tables
from tests.chassis.specimen.notes import Base

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_shared_tables(op)
    op.execute("CREATE SEQUENCE n_numbers")
    Base.metadata.create_all(op.get_bind())
