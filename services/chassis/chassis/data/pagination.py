"""Keyset paging: a page costs the same wherever it lies."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement, Select, func, literal, select, tuple_
from sqlalchemy.orm import Session

from chassis.rules import Malformed

COUNT_CAP = 1000


class WrongCursor(Malformed):
    """A cursor that this list did not give out."""

    code = "wrong_cursor"
    zh = "cursor 无效"
    en = "The cursor is not one of this list's"


@dataclass(frozen=True)
class Sort:
    """One order a list can have: its name in `sort=`, its column, and the row attribute that holds the value."""

    column: Any
    attribute: str


@dataclass(frozen=True)
class Page:
    """Up to `limit` rows, and where to go on (None at the end); `total` only when it was asked for."""

    items: Sequence[Any]
    next_cursor: str | None
    total: int | None = None


def encode_cursor(sort: str, value: Any, row_id: str) -> str:
    """An opaque cursor; the sort is in it, so that a cursor cannot be used with another order."""
    packed = orjson.dumps([sort, _plain(value), row_id])
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def decode_cursor(cursor: str, sort: str) -> tuple[Any, str]:
    """(value, id) of the last row seen. Raises WrongCursor."""
    try:
        packed = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        made_for, value, row_id = packed
        row_id = str(UUID(row_id))
    except (ValueError, TypeError, AttributeError) as error:
        raise WrongCursor() from error
    if made_for != sort:
        raise WrongCursor()
    return value, row_id


def paginate(
    session: Session,
    statement: Select,
    *,
    sorts: Mapping[str, Sort],
    id_column: Any,
    query: Mapping[str, Any],
    rows: Callable[[Any], Sequence[Any]] | None = None,
) -> Page:
    """One page of `statement`, by the `sort`, `limit`, `cursor` and `count` of the query.

    Sort columns must not be NULL: use coalesce, and index the same expression.
    """
    name: str = query["sort"]
    sort, descending = sorts[name.lstrip("-")], name.startswith("-")
    ordered = _after(statement, sort, id_column, name, query.get("cursor"))
    keys = [sort.column.desc(), id_column.desc()] if descending else [sort.column.asc(), id_column.asc()]
    limit = query["limit"]
    result = session.execute(ordered.order_by(*keys).limit(limit + 1))
    found = list(rows(result)) if rows else list(result.scalars())
    cursor = _next_cursor(found[limit - 1], sort, name) if len(found) > limit else None
    total = _count(session, statement) if query.get("count") else None
    return Page(found[:limit], cursor, total)


def _after(statement: Select, sort: Sort, id_column: ColumnElement, name: str, cursor: str | None) -> Select:
    if not cursor:
        return statement
    value, row_id = decode_cursor(cursor, name)
    here = tuple_(sort.column, id_column)
    there = tuple_(literal(_typed(value, sort.column), sort.column.type), literal(row_id, id_column.type))
    return statement.where(here < there if name.startswith("-") else here > there)


def _next_cursor(row: Any, sort: Sort, name: str) -> str:
    last = row[0] if isinstance(row, tuple) else row
    return encode_cursor(name, getattr(last, sort.attribute), last.id)


def _count(session: Session, statement: Select) -> int:
    """Counted only up to a cap: an exact count of millions is what brings such systems down."""
    capped = statement.with_only_columns(literal(1), maintain_column_froms=True).order_by(None).limit(COUNT_CAP)
    return session.scalar(select(func.count()).select_from(capped.subquery())) or 0


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else str(value) if isinstance(value, Decimal) else value


def _typed(value: Any, column: ColumnElement) -> Any:
    try:
        kind = column.type.python_type
        if kind is datetime:
            return datetime.fromisoformat(value)
        return Decimal(value) if kind is Decimal else kind(value)
    except (ValueError, TypeError, ArithmeticError) as error:
        raise WrongCursor() from error
