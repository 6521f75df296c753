"""What an application's login may do in its database: read and write rows; the tables belong to another role.

The owner migrates. The application can so neither change the schema, nor take back what may only be added to.
"""

from __future__ import annotations

from collections.abc import Iterable

from psycopg import sql
from sqlalchemy import Connection, MetaData, make_url, text

ROWS, ADDED, READ = "SELECT, INSERT, UPDATE, DELETE", "SELECT, INSERT", "SELECT"
EVERY_RIGHT = "UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER"

# The application makes the coming months' partitions by this function alone, as their owner.
_MAKE_PARTITION = """
CREATE OR REPLACE FUNCTION make_log_partition(month date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  first date := date_trunc('month', month);
  next date := first + interval '1 month';
BEGIN
  EXECUTE format(
    'CREATE TABLE IF NOT EXISTS public.event_log_%s PARTITION OF public.event_log FOR VALUES FROM (%L) TO (%L)',
    to_char(first, 'YYYY_MM'), first || ' 00:00+00', next || ' 00:00+00');
END $$
"""

# And it lets go of the oldest ones by this: whole months, each in a moment, however many facts there were.
_DROP_PARTITIONS = """
CREATE OR REPLACE FUNCTION drop_log_partitions(before date) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  last text := 'event_log_' || to_char(before, 'YYYY_MM');
  part record;
  dropped integer := 0;
BEGIN
  FOR part IN SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
              WHERE i.inhparent = 'public.event_log'::regclass AND c.relname < last COLLATE "C" LOOP
    EXECUTE format('DROP TABLE public.%I', part.relname);
    dropped := dropped + 1;
  END LOOP;
  RETURN dropped;
END $$
"""
_FUNCTIONS = {"make_log_partition": _MAKE_PARTITION, "drop_log_partitions": _DROP_PARTITIONS}


def append_only(metadata: MetaData) -> tuple[str, ...]:
    """The tables that say of themselves, in `info`, that rows are only added to them."""
    return tuple(table.name for table in metadata.tables.values() if table.info.get("append_only"))


def login_of(url: str, owner_url: str) -> str | None:
    """The application's login where the owner is another one; None where one role does everything."""
    login = make_url(url).username
    return login if owner_url and make_url(owner_url).username != login else None


def make_partition_functions(connection: Connection) -> None:
    """The functions by which partitions are made and dropped; harmless when repeated."""
    for name, statement in _FUNCTIONS.items():
        connection.execute(text(statement))
        connection.execute(text(f"REVOKE ALL ON FUNCTION {name}(date) FROM PUBLIC"))


def has_partition_functions(connection: Connection) -> bool:
    """Whether the functions are there."""
    there = (text(f"SELECT to_regproc('public.{name}') IS NOT NULL") for name in _FUNCTIONS)
    return all(connection.execute(query).scalar() for query in there)


def grant_rows(connection: Connection, login: str, only_added: Iterable[str]) -> None:
    """Give the login the rows of every table, and of those named only reading and adding; run by the owner."""
    kept = set(only_added)
    tables = connection.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).scalars()
    for table in tables:
        rights = READ if table == "alembic_version" else ADDED if table in kept else ROWS
        _run(connection, f"REVOKE {EVERY_RIGHT} ON {{}} FROM {{}}", table, login)
        _run(connection, f"GRANT {rights} ON {{}} TO {{}}", table, login)
    _run(connection, "GRANT USAGE ON SCHEMA public TO {}", login)
    _run(connection, "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {}", login)
    for name in _FUNCTIONS:
        _run(connection, f"GRANT EXECUTE ON FUNCTION {name}(date) TO {{}}", login)


def _run(connection: Connection, statement: str, *names: str) -> None:
    composed = sql.SQL(statement).format(*map(sql.Identifier, names))  # type: ignore[arg-type]
    connection.exec_driver_sql(composed.as_string(None))
