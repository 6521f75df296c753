"""Alembic's entry: the models of this service and the chassis' own tables."""

import gateway.audit.entry
import gateway.identity.staff  # noqa: F401  the tables
from chassis.data.migrations import run_environment
from gateway.identity.base import Base

run_environment(Base.metadata)
