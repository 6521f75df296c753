"""One service's Alembic history: run it, compare it with the models, and write the shared tables into it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path
from time import sleep
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, MetaData, text

from chassis.clock import utc_now
from chassis.data import rights, tables
from chassis.data.patient import allow

LOCK = 7_301_001
_TURN = 0.1  # seconds


def config(folder: Path) -> Config:
    """The Alembic configuration of a `migrations` folder; there is no ini file."""
    settings = Config()
    settings.set_main_option("script_location", str(folder))
    settings.set_main_option("version_table", "alembic_version")
    return settings


def migrate(engine: Engine, folder: Path, *, login: str | None = None, append_only: Iterable[str] = ()) -> str:
    """Bring the database to the newest revision, one process at a time; returns that revision.

    `engine` connects as the owner. `login` is the application's own role, where it is another one: it is given the rows
    of all tables, and of those in `append_only` only reading and adding.
    """
    settings = config(folder)
    head = ScriptDirectory.from_config(settings).get_current_head() or ""
    with engine.connect() as connection:
        done = current_revision(connection) == head and rights.has_partition_functions(connection)
        if done and login is None:
            return head
        allow(connection, 0)
        _wait_for_turn(connection)
        settings.attributes["connection"] = connection
        command.upgrade(settings, "head")
        rights.make_partition_functions(connection)
        if login is not None:
            rights.grant_rows(connection, login, append_only)
        connection.commit()  # before the lock is given back: the next one may begin at once
        connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": LOCK})
        connection.execute(text("RESET statement_timeout"))
        connection.commit()
    return head


def _wait_for_turn(connection: Connection) -> None:
    """One process at a time. Asked again and again, for a statement that waits holds a snapshot, and an index that is built
    while the table is in use waits for all of those: the two would wait for each other.
    """
    while not connection.scalar(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": LOCK}):
        connection.commit()
        sleep(_TURN)
    connection.commit()


def create_index_in_use(op: Operations, name: str, table: str, columns: Sequence[str], *, where: Any = None) -> None:
    """Build an index on a table that is written to all the while; one left half-built by a killed run is built anew.

    What the migration did before is committed first: give such indexes a migration of their own.
    """
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = 0")  # it waits for transactions begun before it, and keeps nobody waiting
        op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
        op.create_index(name, table, list(columns), postgresql_where=where, postgresql_concurrently=True)
        op.execute("RESET lock_timeout")


def current_revision(connection: Connection) -> str | None:
    """The revision the database is at; None before the first."""
    return MigrationContext.configure(connection).get_current_revision()


def head_revision(folder: Path) -> str | None:
    """The newest revision on disk."""
    return ScriptDirectory.from_config(config(folder)).get_current_head()


def run_environment(metadata: MetaData) -> None:
    """What a service's migrations/env.py calls."""
    from alembic import context

    connection = context.config.attributes["connection"]
    context.configure(
        connection=connection, target_metadata=[metadata, tables.metadata], transaction_per_migration=True
    )
    with context.begin_transaction():
        context.run_migrations()


def differences(connection: Connection, metadata: MetaData) -> list:
    """What the models have and the migrated database has not, or the other way round."""

    def ours(_object: object, name: str | None, kind: str, _reflected: bool, _compared: object) -> bool:
        return not (kind == "table" and name is not None and name.startswith("event_log_"))

    options = {"target_metadata": [metadata, tables.metadata], "include_object": ours, "compare_type": True}
    return compare_metadata(MigrationContext.configure(connection, opts=options), [metadata, tables.metadata])  # type: ignore[arg-type]


def create_shared_tables(op: Operations) -> None:
    """The chassis' own tables, in a service's first revision."""
    bind = op.get_bind()
    tables.metadata.create_all(bind)
    rights.make_partition_functions(bind)
    op.execute("INSERT INTO relay_state VALUES (1, 0, 0, '[]')")
    ensure_partitions(bind, utc_now().date())


def create_job_tables(op: Operations) -> None:
    """The tables of long work, in a later revision of every service; a new database has them from its first one."""
    tables.metadata.create_all(op.get_bind(), tables=tables.JOB_TABLES)


def create_hearing_tables(op: Operations) -> None:
    """The tables of versions heard and of tokens revoked, in a later revision of every service, as above."""
    tables.metadata.create_all(op.get_bind(), tables=tables.HEARING_TABLES)


def create_dead_letter_table(op: Operations) -> None:
    """The table of facts that could not be handled, in a later revision of every service, as above."""
    tables.metadata.create_all(op.get_bind(), tables=[tables.dead_letters])


def ensure_partitions(connection: Connection, today: date, months: int = 3) -> None:
    """Monthly partitions of the log from last month to `months` ahead; made once, harmless when repeated."""
    month = (today.replace(day=1) - timedelta(days=1)).replace(day=1)
    for _ in range(months + 2):
        connection.execute(text("SELECT make_log_partition(:month)"), {"month": month})
        month = (month + timedelta(days=32)).replace(day=1)


def drop_partitions(connection: Connection, before: date) -> int:
    """Let go of the months of the log that ended before this day's month began; returns how many."""
    return int(connection.execute(text("SELECT drop_log_partitions(:before)"), {"before": before}).scalar_one())
