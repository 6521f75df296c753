"""The ways of an order: those that are drawn, and no other."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.rules import RuleBroken
from sales.domain.codes import ORDER_STATES
from sales.domain.errors import NotAwaitingApproval, NotCancellable, NotPaid, NotShipped, OwnOrder
from sales.domain.order import MOVES, Order
from tests.sales.builders import NOON, a_payment, an_order

AGENT, SUPERVISOR = "agent", "supervisor"

# Written down once more, and not taken from the code: what the service brief allows.
ALLOWED = {
    ("awaiting_approval", "awaiting_payment"),
    ("awaiting_approval", "cancelled"),
    ("awaiting_payment", "part_paid"),
    ("awaiting_payment", "paid"),
    ("awaiting_payment", "cancelled"),
    ("part_paid", "part_paid"),
    ("part_paid", "paid"),
    ("part_paid", "cancelled"),
    ("paid", "shipped"),
    ("shipped", "completed"),
}

STEPS: dict[str, Callable[[Order], object]] = {
    "approve": lambda order: order.approve(None, by=SUPERVISOR, at=NOON),
    "reject": lambda order: order.reject("太低", by=SUPERVISOR, at=NOON),
    "approve_own": lambda order: order.approve(None, by=AGENT, at=NOON),
    "pay_some": lambda order: order.receive(a_payment("30.00"), at=NOON),
    "pay_rest": lambda order: order.receive(a_payment(max(order.due, Decimal("0.01"))), at=NOON),
    "cancel": lambda order: order.cancel("不要了", at=NOON),
    "ship": lambda order: order.ship(at=NOON),
    "complete": lambda order: order.complete(at=NOON),
}


def test_the_table_of_moves_is_the_one_agreed():
    assert {(origin, target) for origin, targets in MOVES.items() for target in targets} == ALLOWED
    assert set(MOVES) == set(ORDER_STATES)


@settings(max_examples=200)
@given(st.sampled_from(["100", "70"]), st.lists(st.sampled_from(sorted(STEPS)), max_size=14))
def test_no_sequence_of_steps_reaches_a_state_it_may_not(price: str, steps: list[str]):
    order = an_order(price=price, by=AGENT)
    assert order.state == ("awaiting_payment" if price == "100" else "awaiting_approval")
    for step in steps:
        before, version = order.state, order.version
        try:
            STEPS[step](order)
        except RuleBroken:
            assert (order.state, order.version) == (before, version)
            continue
        assert (before, order.state) in ALLOWED
        assert order.version == version + 1
    if order.state in ("paid", "shipped", "completed"):
        assert order.paid_total == order.total
    if price == "70" and order.state not in ("awaiting_approval", "cancelled"):
        assert order.decided_by == SUPERVISOR


def test_nobody_decides_on_their_own_order():
    for verdict in (Order.approve, Order.reject):
        with pytest.raises(OwnOrder):
            verdict(an_order(price="70", by=AGENT), None, by=AGENT, at=NOON)


def test_an_order_is_decided_once():
    order = an_order(price="70", by=AGENT)
    order.approve("老玩家", by=SUPERVISOR, at=NOON)
    assert (order.state, order.decided_by, order.reason) == ("awaiting_payment", SUPERVISOR, "老玩家")
    with pytest.raises(NotAwaitingApproval):
        order.reject(None, by=SUPERVISOR, at=NOON)


def test_a_rejected_price_cancels_the_order():
    order = an_order(price="70", by=AGENT)
    (fact,) = order.reject("低于成本", by=SUPERVISOR, at=NOON)
    assert (fact.key, order.state, order.reason) == ("order.cancelled.v1", "cancelled", "低于成本")


def test_a_paid_order_is_not_cancelled():
    order = an_order()
    order.receive(a_payment("100"), at=NOON)
    with pytest.raises(NotCancellable):
        order.cancel("晚了", at=NOON)


def test_shipping_comes_after_paying_and_completing_after_shipping():
    order = an_order()
    with pytest.raises(NotPaid):
        order.ship(at=NOON)
    with pytest.raises(NotShipped):
        order.complete(at=NOON)
