"""Alembic's entry: the models of this service and the chassis' own tables."""

from chassis.data.migrations import run_environment
from player.app import SERVICE

run_environment(SERVICE.metadata)
