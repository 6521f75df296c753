"""COPY into a service's table: without triggers, with its indexes made afterwards, and with a progress bar."""

from __future__ import annotations

import contextlib
import random
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg

_SECONDARY = """
SELECT i.indexname, i.indexdef FROM pg_indexes i
WHERE i.schemaname = %s AND i.tablename = %s AND NOT EXISTS (
  SELECT 1 FROM pg_constraint c JOIN pg_namespace n ON n.oid = c.connamespace
  WHERE c.conname = i.indexname AND n.nspname = i.schemaname)
"""


class Bar:
    """Rows so far out of all of them; on a terminal one line that grows, elsewhere a line a table."""

    def __init__(self, total: int) -> None:
        self.total, self.done, self._shown = max(total, 1), 0, -1

    def step(self, what: str, rows: int) -> None:
        """So many rows more."""
        self.done += rows
        share = min(1.0, self.done / self.total)
        stage = int(share * (40 if sys.stdout.isatty() else 4))
        if stage == self._shown:
            return
        self._shown = stage
        if sys.stdout.isatty():
            print(f"\r  data  [{'█' * stage:<40}] {share:4.0%}  {what:<16}", end="", flush=True)
        else:
            print(f"  data  {share:4.0%}  {what}", flush=True)

    def end(self) -> None:
        """Leave the line."""
        if sys.stdout.isatty():
            print(flush=True)


def copy(
    connection: psycopg.Connection[Any], table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], bar: Bar
) -> int:
    """Copy rows into a table; how many there were."""
    count = 0
    with without_indexes(connection, table):
        statement = f"COPY {table} ({', '.join(columns)}) FROM STDIN"
        with connection.cursor().copy(statement) as target:
            for row in rows:
                target.write_row(row)
                count += 1
                if count % 1000 == 0:
                    bar.step(table, 1000)
        bar.step(table, count % 1000)
    return count


def pipe(
    source: psycopg.Connection[Any], query: str, target: psycopg.Connection[Any], table: str, columns: str
) -> None:
    """Copy what a query of one database finds into a table of another."""
    with (
        without_indexes(target, table),
        source.cursor().copy(f"COPY ({query}) TO STDOUT") as out,
        target.cursor().copy(f"COPY {table} ({columns}) FROM STDIN") as into,
    ):
        for block in out:
            into.write(block)


@contextlib.contextmanager
def without_indexes(connection: psycopg.Connection[Any], table: str) -> Iterator[None]:
    """A table without its secondary indexes; they are made again afterwards, all at once."""
    schema, _, name = table.rpartition(".")
    found = connection.execute(_SECONDARY, (schema or "public", name)).fetchall()
    for index, _definition in found:
        connection.execute(f'DROP INDEX "{schema or "public"}"."{index}"')
    yield
    connection.execute("SET maintenance_work_mem = '256MB'")
    for _index, definition in found:
        connection.execute(definition)


def as_owner_of_everything(connection: psycopg.Connection[Any]) -> psycopg.Connection[Any]:
    """A superuser's connection on which no foreign key is checked row by row."""
    connection.execute("SET session_replication_role = replica")
    connection.execute("SET synchronous_commit = off")
    return connection


def id_at(rng: random.Random, at: datetime) -> str:
    """A uuid7 of that moment."""
    milliseconds = int(at.timestamp() * 1000)
    return str(UUID(int=milliseconds << 80 | 7 << 76 | rng.getrandbits(12) << 64 | 2 << 62 | rng.getrandbits(62)))
