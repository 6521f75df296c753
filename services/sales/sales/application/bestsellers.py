"""Best sellers, counted anew now and then: a counter in the order's transaction would make sellers wait in line."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, func, insert, literal, select

from chassis.data.unit_of_work import UnitOfWork
from sales.domain.codes import CANCELLED
from sales.domain.copies import PackSales
from sales.domain.order import Order

COUNTED = timedelta(days=30)
KEPT = 50


def count_best_sellers(uow: UnitOfWork) -> None:
    """Keep the 50 packs sold most often in the last 30 days, cancelled orders left out; run by a timer."""
    sold = func.sum(Order.quantity)
    best = (
        select(Order.pack_no, sold, literal(uow.now()))
        .where(Order.created_at >= uow.now() - COUNTED, Order.state != CANCELLED)
        .group_by(Order.pack_no)
        .order_by(sold.desc(), Order.pack_no)
        .limit(KEPT)
    )
    uow.session.execute(delete(PackSales))
    uow.session.execute(insert(PackSales).from_select(["pack_no", "sold", "counted_at"], best))
