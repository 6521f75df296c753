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


def append_only(metadata: MetaData) -> tuple[str, ...]:
    """The tables that say of themselves, in `info`, that rows are only added to them."""
    return tuple(table.name for table in metadata.tables.values() if table.info.get("append_only"))


def login_of(url: str, owner_url: str) -> str | None:
    """The application's login where the owner is another one; None where one role does everything."""
    login = make_url(url).username
    return login if owner_url and make_url(owner_url).username != login else None


def make_partition_function(connection: Connection) -> None:
    """The function by which partitions are made; harmless when repeated."""
    connection.execute(text(_MAKE_PARTITION))
    connection.execute(text("REVOKE ALL ON FUNCTION make_log_partition(date) FROM PUBLIC"))


def has_partition_function(connection: Connection) -> bool:
    """Whether the function is there."""
    return bool(connection.execute(text("SELECT to_regproc('public.make_log_partition') IS NOT NULL")).scalar())


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
    _run(connection, "GRANT EXECUTE ON FUNCTION make_log_partition(date) TO {}", login)


def _run(connection: Connection, statement: str, *names: str) -> None:
    composed = sql.SQL(statement).format(*map(sql.Identifier, names))  # type: ignore[arg-type]
    connection.exec_driver_sql(composed.as_string(None))
