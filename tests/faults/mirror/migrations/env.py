"""Alembic's entry of the mirror."""

from chassis.data.migrations import run_environment
from tests.faults.mirror.service import Base

run_environment(Base.metadata)
