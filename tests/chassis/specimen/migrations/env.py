"""Alembic's entry of the specimen."""

from chassis.data.migrations import run_environment
from tests.chassis.specimen.notes import Base

run_environment(Base.metadata)
