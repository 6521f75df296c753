"""Bare tables beside our own, in a schema of theirs: the same columns, rows and indexes."""

from __future__ import annotations

from typing import Any

import psycopg

SCHEMA = "bench"
_INDEXES = "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename = %s"


def make_tables(ticket: psycopg.Connection[Any]) -> None:
    """Copies of the ticket service's tables, with all their rows, for the floors to work on."""
    ticket.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
    ticket.execute(f"CREATE SCHEMA {SCHEMA}")
    ticket.execute("SET synchronous_commit = off")
    for name in ("tickets", "player_copies", "inbox"):
        ticket.execute(f"CREATE TABLE {SCHEMA}.{name} (LIKE public.{name} INCLUDING DEFAULTS)")
        ticket.execute(f"INSERT INTO {SCHEMA}.{name} SELECT * FROM public.{name}")
        for index, definition in ticket.execute(_INDEXES, (name,)).fetchall():
            bare = definition.replace(f" INDEX {index} ON public.", f" INDEX {index} ON {SCHEMA}.")
            ticket.execute(bare)
        ticket.execute(f"ALTER TABLE {SCHEMA}.{name} ADD PRIMARY KEY USING INDEX pk_{name}")
    ticket.execute("VACUUM ANALYZE")
