"""What is done alike with returns and claims: lock them after their order, and know a movement of money outside once."""

from __future__ import annotations

from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from chassis.data.unit_of_work import StaleRecord, UnitOfWork
from chassis.rules import NotFound, RuleBroken
from sales.domain.money_back import MoneyBack, once_outside
from sales.domain.order import Order

M = TypeVar("M", bound=MoneyBack)


def locked_with_order(uow: UnitOfWork, kind: type[M], record_id: str, version: int | None) -> tuple[Order, M]:
    """The order and its return or claim, locked in this order, as asking for one locks: so nobody waits in a circle.

    Raises NotFound, StaleRecord.
    """
    order_id = uow.session.scalar(select(kind.order_id).where(uow.visible(kind), kind.id == record_id))
    if order_id is None:
        raise NotFound()
    order = uow.locked(Order, order_id)
    found = uow.locked(kind, record_id)
    if version is not None and found.version != version:
        raise StaleRecord(found)
    return order, found


def write_once(uow: UnitOfWork, kind: type[MoneyBack], known: type[RuleBroken]) -> None:
    """Write; raises `known` where the database has the method and number outside already, whoever else records it now."""
    try:
        uow.session.flush()
    except IntegrityError as error:
        if once_outside(kind.__tablename__) in str(error.orig):
            raise known() from error
        raise
