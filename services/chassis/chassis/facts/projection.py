"""A copy of another service's records, kept from its facts: a row is taken only if its version is newer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import orjson
from sqlalchemy import ARRAY, Select, TextClause, any_, bindparam, delete, select, text

from chassis.data.unit_of_work import UnitOfWork
from chassis.facts.envelope import Received


@dataclass(frozen=True)
class Projection:
    """Copies in `table` (with `id` and `version`); `shape` makes a row's other columns from the source's state."""

    table: Any
    shape: Callable[[Mapping[str, Any]], dict[str, Any]]

    def handle(self, work: UnitOfWork, facts: list[Received]) -> None:
        """Take the state out of facts."""
        self.keep(work, ({**fact.data, "id": fact.subject, "version": fact.version} for fact in facts))

    def keep(self, work: UnitOfWork, states: Iterable[Mapping[str, Any]]) -> None:
        """Take states with `id` and `version`; in the order of their IDs, so that two writers cannot lock each other."""
        newest: dict[str, Mapping[str, Any]] = {}
        for state in states:
            if state["id"] not in newest or newest[state["id"]]["version"] < state["version"]:
                newest[state["id"]] = state
        rows = [{"id": key, "version": newest[key]["version"], **self.shape(newest[key])} for key in sorted(newest)]
        if rows:
            states_as_json = orjson.dumps(rows, default=str).decode()
            work.session.connection().execute(_taking(self.table, tuple(rows[0])), {"rows": states_as_json})

    def keep_newer(self, work: UnitOfWork, states: Iterable[Mapping[str, Any]]) -> None:
        """The same for states that are mostly known already: looks first, so that no row is locked for nothing."""
        wanted = {state["id"]: state for state in states}
        known = dict(work.session.connection().execute(_knowing(self.table), {"ids": list(wanted)}).tuples().all())
        self.keep(work, [s for key, s in wanted.items() if known.get(key, -1) < s["version"]])

    def differing(self, work: UnitOfWork, facts: Iterable[Received]) -> list[Mapping[str, Any]]:
        """The states whose copy is missing, older, or says something else at the same version; others are newer by now."""
        newest: dict[str, Mapping[str, Any]] = {}
        for state in ({**fact.data, "id": fact.subject, "version": fact.version} for fact in facts):
            if state["id"] not in newest or newest[state["id"]]["version"] < state["version"]:
                newest[state["id"]] = state
        query = select(self.table).where(self.table.c.id == any_(bindparam("ids", type_=ARRAY(self.table.c.id.type))))
        rows = work.session.connection().execute(query, {"ids": list(newest)}).mappings()
        copies = {str(row["id"]): row for row in rows}
        return [state for key, state in newest.items() if not self._says(copies.get(key), state)]

    def _says(self, copy: Mapping[Any, Any] | None, state: Mapping[str, Any]) -> bool:
        if copy is None or copy["version"] < state["version"]:
            return False
        if copy["version"] > state["version"]:
            return True
        return all(copy[name] == value for name, value in self.shape(state).items())

    def put_right(self, work: UnitOfWork, states: Iterable[Mapping[str, Any]]) -> None:
        """Take states also where the copy has the same version; never over a newer one."""
        for state in sorted(states, key=lambda one: one["id"]):
            older = delete(self.table).where(self.table.c.id == state["id"], self.table.c.version <= state["version"])
            work.session.execute(older)
            self.keep(work, [state])


@cache
def _taking(table: Any, columns: tuple[str, ...]) -> TextClause:
    """One statement for all rows of a batch, which come as one JSON text, in their order."""
    names = ", ".join(columns)
    fresh = ", ".join(f"{name} = excluded.{name}" for name in columns if name != "id")
    return text(
        f"INSERT INTO {table.name} AS known ({names}) "
        f"SELECT {names} FROM jsonb_populate_recordset(NULL::{table.name}, CAST(:rows AS jsonb)) "
        f"ON CONFLICT (id) DO UPDATE SET {fresh} WHERE known.version < excluded.version"
    )


@cache
def _knowing(table: Any) -> Select[tuple[str, int]]:
    return select(table.c.id, table.c.version).where(table.c.id == any_(bindparam("ids", type_=ARRAY(table.c.id.type))))
