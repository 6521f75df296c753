"""Alembic's entry: the models of this service and the chassis' own tables."""

from sample.domain.base import Base

from chassis.data.migrations import run_environment

run_environment(Base.metadata)
