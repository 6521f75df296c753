"""A new record put in by one plain INSERT: half the price of a flush, for records that nothing hangs on yet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Dialect, insert, inspect
from sqlalchemy.orm import Mapper, Session, attributes, make_transient_to_detached


@dataclass(frozen=True)
class _Column:
    """One column: the attribute that holds it, its name, its default, and how its values are sent (None: as they are)."""

    attribute: str
    name: str
    default: Any
    sent: Callable[[Any], Any] | None


@dataclass(frozen=True)
class _Plan:
    """How a kind of record is inserted, and which of its relationships an INSERT alone would forget."""

    sql: str
    columns: tuple[_Column, ...]
    relationships: frozenset[str]


@cache
def _plan(mapper: Mapper[Any], dialect: Dialect) -> _Plan | None:
    """None where only a flush can do it: several tables, or values that the database makes."""
    if len(mapper.tables) != 1 or any(column.server_default is not None for column in mapper.columns):
        return None
    columns = tuple(_column(prop.key, prop.columns[0], dialect) for prop in mapper.column_attrs)
    if any(c.default is not None and not (c.default.is_scalar or c.default.is_callable) for c in columns):
        return None
    table: Any = mapper.local_table
    sql = str(insert(table).compile(dialect=dialect, column_keys=[c.name for c in columns]))
    return _Plan(sql, columns, frozenset(r.key for r in mapper.relationships if not r.viewonly))


def _column(attribute: str, column: Any, dialect: Dialect) -> _Column:
    return _Column(attribute, column.key, column.default, column.type.dialect_impl(dialect).bind_processor(dialect))


def insert_at_once(session: Session, record: Any) -> bool:
    """INSERT the record and have the session know it; False, and nothing is done, where it takes a flush.

    Defaults are filled in. Whatever waits in the session is flushed first, so that the order stays.
    """
    state = inspect(record)
    connection = session.connection()
    plan = _plan(state.mapper, connection.dialect)
    if plan is None or not state.transient or plan.relationships & state.dict.keys():
        return False
    session.flush()
    for column in plan.columns:
        if column.attribute not in state.dict:
            attributes.set_committed_value(record, column.attribute, _made(column.default))
    connection.exec_driver_sql(plan.sql, _values(plan, state.dict))
    make_transient_to_detached(record)
    session.add(record)
    return True


def _values(plan: _Plan, found: dict[str, Any]) -> dict[str, Any]:
    return {c.name: c.sent(found[c.attribute]) if c.sent else found[c.attribute] for c in plan.columns}


def _made(default: Any) -> Any:
    if default is None:
        return None
    return default.arg(None) if default.is_callable else default.arg
