"""Alembic's entry: the models of this service and the chassis' own tables."""

from chassis.data.migrations import run_environment
from ticket.domain.base import Base

run_environment(Base.metadata)
