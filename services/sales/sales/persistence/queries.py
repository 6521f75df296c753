"""Reads: the lists of touches, orders, returns and claims, and the caller's own work in figures."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, literal_column, select

from chassis.data.database import Instant
from chassis.data.pagination import Page, Sort, paginate
from chassis.data.unit_of_work import UnitOfWork
from sales.domain.claims import Claim
from sales.domain.codes import CANCELLED
from sales.domain.days import day_start, month_start
from sales.domain.order import Order
from sales.domain.returns import Return
from sales.domain.touch import NEVER_SQL, Touch
from sales.persistence.projections import PEOPLE

# The literal stands in the SQL as it is, so that the expression is the index's.
_FOLLOW_UP = func.coalesce(Touch.next_at, literal_column(NEVER_SQL, Instant), type_=Instant)
TOUCH_SORTS = {"at": Sort(Touch.created_at, "created_at"), "next_at": Sort(_FOLLOW_UP, "follow_up_key")}
ORDER_SORTS = {
    "placed_at": Sort(Order.created_at, "created_at"),
    "created_at": Sort(Order.created_at, "created_at"),
    "total": Sort(Order.total, "total"),
}
_ORDER_NO = re.compile(r"O?\d{0,8}(-\d{0,8})?")


def find_touches(uow: UnitOfWork, query: Mapping[str, Any]) -> Page:
    """One page of the touches the caller reaches, filtered as the query says."""
    conditions = [*_of_player(Touch, query), *_equal(Touch, query, "staff_id", "campaign_id")]
    conditions += [*_any_of(Touch, query, "outcome", "lost_reason")]
    conditions += [*_any_of(Touch, query, "channel"), *_pack(Touch, query), *_created(Touch, query)]
    if query.get("next_at_gte"):
        conditions.append(Touch.next_at >= query["next_at_gte"])
    if query.get("next_at_lte"):
        conditions.append(Touch.next_at <= query["next_at_lte"])
    statement = uow.select(Touch).where(*conditions)
    return paginate(uow.session, statement, sorts=TOUCH_SORTS, id_column=Touch.id, query=query)


def find_orders(uow: UnitOfWork, query: Mapping[str, Any]) -> Page:
    """One page of the orders the caller reaches, filtered as the query says."""
    conditions = [*_of_player(Order, query), *_equal(Order, query, "staff_id", "touch_id", "campaign_id")]
    conditions += [*_any_of(Order, query, "state"), *_pack(Order, query), *_created(Order, query)]
    if query.get("q"):
        conditions.append(_numbered(query["q"]))
    statement = uow.select(Order).where(*conditions)
    return paginate(uow.session, statement, sorts=ORDER_SORTS, id_column=Order.id, query=query)


def find_returns(uow: UnitOfWork, query: Mapping[str, Any]) -> Page:
    """One page of the returns the caller reaches, filtered as the query says."""
    return _money_back(uow, Return, query)


def find_claims(uow: UnitOfWork, query: Mapping[str, Any]) -> Page:
    """One page of the claims the caller reaches, filtered as the query says."""
    return _money_back(uow, Claim, query, *_any_of(Claim, query, "kind"))


def _money_back(uow: UnitOfWork, kind: type[Return] | type[Claim], query: Mapping[str, Any], *own: Any) -> Page:
    conditions = [*own, *_of_player(kind, query), *_equal(kind, query, "order_id", "staff_id")]
    conditions += [*_any_of(kind, query, "state"), *_pack(kind, query), *_created(kind, query)]
    sorts = {"requested_at": Sort(kind.created_at, "created_at")}
    return paginate(uow.session, uow.select(kind).where(*conditions), sorts=sorts, id_column=kind.id, query=query)


def _of_player(kind: Any, query: Mapping[str, Any]) -> list[ColumnElement[bool]]:
    """Of a player and whoever was merged into them."""
    return [PEOPLE.is_of(kind.player_id, [query["player_id"]])] if query.get("player_id") else []


def _equal(kind: Any, query: Mapping[str, Any], *names: str) -> list[ColumnElement[bool]]:
    return [getattr(kind, name) == query[name] for name in names if query.get(name) is not None]


def _any_of(kind: Any, query: Mapping[str, Any], *names: str) -> list[ColumnElement[bool]]:
    return [getattr(kind, name).in_(query[name]) for name in names if query.get(name)]


def _pack(kind: Any, query: Mapping[str, Any]) -> list[ColumnElement[bool]]:
    return [kind.pack_no == query["pack_no"].upper()] if query.get("pack_no") else []


def _created(kind: Any, query: Mapping[str, Any]) -> list[ColumnElement[bool]]:
    found = [kind.created_at >= query["created_at_gte"]] if query.get("created_at_gte") else []
    return found + ([kind.created_at < query["created_at_lt"]] if query.get("created_at_lt") else [])


def _numbered(q: str) -> ColumnElement[bool]:
    """An order number as far as it is typed, with or without its letter: a range, which the unique index serves."""
    typed = q.upper()
    if not _ORDER_NO.fullmatch(typed):
        return false()
    first = typed if typed.startswith("O") else f"O{typed}"
    return and_(Order.no >= first, Order.no < f"{first}~")


def counters(uow: UnitOfWork, *, zone: str) -> dict[str, Any]:
    """The caller's own day and month, counted as the studio's days run; amounts are Decimals in one currency.

    What was sold counts by when it was placed, less what of it has been refunded since.
    """
    today, tomorrow = day_start(uow.now(), zone), day_start(uow.now(), zone, 1)
    mine = Touch.staff_id == uow.caller.id
    touched = select(func.count()).where(mine, Touch.created_at >= today)
    due = select(func.count()).where(mine, Touch.next_at >= today, Touch.next_at < tomorrow)
    sold_today = Order.created_at >= today
    row = uow.session.execute(
        select(
            due.scalar_subquery(),
            touched.scalar_subquery(),
            func.count().filter(sold_today),
            func.coalesce(func.sum(Order.total - Order.refunded_total).filter(sold_today), Decimal()),
            func.coalesce(func.sum(Order.total - Order.refunded_total), Decimal()),
        ).where(
            Order.staff_id == uow.caller.id,
            Order.created_at >= month_start(uow.now(), zone),
            Order.state != CANCELLED,
        )
    ).one()
    names = ("due_today", "touches_today", "orders_today", "sold_today", "month_total")
    return dict(zip(names, row, strict=True))
