"""What is done with a return: ask for it, approve or reject it, record that the money went back."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from chassis.clock import new_id
from chassis.data.numbers import daily_number
from chassis.data.unit_of_work import UnitOfWork
from chassis.rules import WrongFields
from sales.application.money_back import locked_with_order, write_once
from sales.application.orders import same_currency
from sales.domain.codes import CANCELLED, REJECTED
from sales.domain.errors import RefundKnown
from sales.domain.order import Order
from sales.domain.returning import Returnable, ReturnTerms, must_be_returnable, returnable, wanted_lines, worth
from sales.domain.returns import Return


def verdict_on(uow: UnitOfWork, order_id: str, *, terms: ReturnTerms) -> tuple[Order, Returnable]:
    """An order, and whether it may be returned now: just what `request_return` would say. Raises NotFound."""
    order = uow.get(Order, order_id)
    return order, returnable(order, terms, uow.now())


def request_return(
    uow: UnitOfWork, order_id: str, fields: Mapping[str, Any], *, terms: ReturnTerms, timezone: str
) -> Return:
    """Ask for money back, with items or without; publishes return.requested.

    `fields`: reason; `quantity` whole packs or `lines` (item_id, quantity), and `amount` (Money), where there are.
    Without an amount it is what was agreed for the items, at most what is left; with an amount alone no items come
    back; with neither all that is left does. Requests for one order wait for one another.
    Raises NotFound, WrongFields, NothingPaid, CancelFirst, NothingLeft, ReturnTooLate, MoreThanSold, MoreThanPaid.
    """
    order = uow.locked(Order, order_id)
    rule = must_be_returnable(order, terms, uow.now())
    lines = _lines(uow, order, fields)
    found = Return(
        id=new_id(),
        version=1,
        **Return.of_order(order),
        lines=lines,
        amount=_amount(order, lines, fields),
        rule=rule,
        reason=fields["reason"],
        requested_by=uow.caller.id,
    )
    found.player = order.player
    found.no = daily_number(uow.session, "R", uow.now(), timezone)
    uow.publish(found.request(order, at=uow.now()))
    return uow.add(found)


def _lines(uow: UnitOfWork, order: Order, fields: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The items that come back; of an order that was called off there are none to come back unless they are named."""
    named = {name: fields[name] for name in ("quantity", "lines") if fields.get(name)}
    if not named and (fields.get("amount") is not None or order.state == CANCELLED):
        return []
    return wanted_lines(order, lines_back(uow, order), **named)


def lines_back(uow: UnitOfWork, order: Order) -> list[dict[str, Any]]:
    """The lines of all returns of an order that are open, granted or refunded."""
    others = select(Return.lines).where(Return.order_id == order.id, Return.state != REJECTED)
    return [line for lines in uow.session.scalars(others) for line in lines]


def _amount(order: Order, lines: list[dict[str, Any]], fields: Mapping[str, Any]) -> Decimal:
    """The amount named; else what was agreed for the items, or all that is left where none were named."""
    amount = fields.get("amount")
    if amount is not None:
        same_currency("/amount", amount.currency, order.currency)
        named: Decimal = amount.amount
        return named
    if not fields.get("quantity") and not fields.get("lines"):
        return order.left
    found = min(worth(order, lines), order.left)
    if not found:
        raise WrongFields([("/amount", "required")])
    return found


def approve_return(uow: UnitOfWork, return_id: str, reason: str | None, *, version: int) -> Return:
    """Grant somebody else's return; publishes return.approved. Raises NotFound, StaleRecord, NotRequested, OwnReturn."""
    order, found = locked_with_order(uow, Return, return_id, version)
    uow.publish(found.approve(order, reason, by=uow.caller.id, at=uow.now()))
    return found


def reject_return(uow: UnitOfWork, return_id: str, reason: str, *, version: int) -> Return:
    """Refuse a return; publishes return.rejected. Raises NotFound, StaleRecord, NotRequested."""
    order, found = locked_with_order(uow, Return, return_id, version)
    uow.publish(found.reject(order, reason, by=uow.caller.id, at=uow.now()))
    return found


def record_refund(uow: UnitOfWork, return_id: str, fields: Mapping[str, Any], *, version: int | None = None) -> Return:
    """Write down that the money went back; publishes return.refunded.

    `fields`: method; external_no, refunded_at (UTC; now) where there are.
    Raises NotFound, StaleRecord, RefundedAlready, NotGranted, RefundKnown.
    """
    order, found = locked_with_order(uow, Return, return_id, version)
    uow.publish(found.refund(order, fields, by=uow.caller.id, at=uow.now()))
    write_once(uow, Return, RefundKnown)
    return found
