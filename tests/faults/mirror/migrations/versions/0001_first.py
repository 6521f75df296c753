"""The mirror's tables and the chassis' own."""

from alembic import op

from chassis.data.migrations import create_shared_tables
from tests.faults.mirror.service import Base

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_shared_tables(op)
    Base.metadata.create_all(op.get_bind())
