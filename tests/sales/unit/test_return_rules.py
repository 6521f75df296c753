"""What may be returned, until when, what it is worth, and who has to say so (S25, S26)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from chassis.rules import RuleBroken, WrongFields
from sales.domain.errors import (
    CancelFirst,
    MoreThanPaid,
    MoreThanSold,
    NotGranted,
    NothingLeft,
    NothingPaid,
    NotRequested,
    OrderInReturn,
    OwnReturn,
    RefundedAlready,
    ReturnTooLate,
)
from sales.domain.order import Order
from sales.domain.returning import ReturnTerms, must_be_returnable, returnable, wanted_lines, worth
from tests.sales.builders import NOON, a_payment, a_return, an_order

TERMS, DAY = ReturnTerms(days=15), timedelta(days=1)
BOSS = "018f0000-0000-7000-8000-00000000b055"


def a_paid_order(amount: str = "100.00", **fields) -> Order:
    order = an_order(**fields)
    order.receive(a_payment(amount), at=NOON)
    return order


def a_shipped_order(**fields) -> Order:
    order = a_paid_order(**fields)
    order.ship(at=NOON)
    return order


def refused(order: Order, at=NOON) -> type[RuleBroken]:
    with pytest.raises(RuleBroken) as caught:
        must_be_returnable(order, TERMS, at)
    assert returnable(order, TERMS, at).rule == caught.value.code
    return type(caught.value)


def test_only_what_was_paid_can_be_returned():
    assert refused(an_order()) is NothingPaid
    called_off = an_order()
    called_off.cancel("玩家反悔", at=NOON)
    assert refused(called_off) is NothingPaid


def test_an_order_that_is_paid_in_part_is_cancelled_first_and_then_its_money_goes_back():
    order = a_paid_order("40.00")
    assert refused(order) is CancelFirst
    order.cancel("玩家反悔", at=NOON)
    verdict = returnable(order, TERMS, NOON + 900 * DAY)
    assert (verdict.allowed, verdict.rule, verdict.until, verdict.left) == (True, "called_off", None, Decimal("40.00"))


def test_what_was_not_handed_out_yet_can_be_returned_however_late():
    assert must_be_returnable(a_paid_order(), TERMS, NOON + 900 * DAY) == "not_handed_out"


def test_what_was_handed_out_can_be_returned_for_so_many_days_after_its_completion():
    order = a_shipped_order()
    assert must_be_returnable(order, TERMS, NOON + 15 * DAY) == "within_days"
    assert refused(order, NOON + 15 * DAY + timedelta(seconds=1)) is ReturnTooLate
    order.complete(at=NOON + 3 * DAY)
    assert returnable(order, TERMS, NOON).until == NOON + 18 * DAY
    assert must_be_returnable(order, TERMS, NOON + 18 * DAY) == "within_days"
    assert refused(order, NOON + 19 * DAY) is ReturnTooLate


def test_when_all_is_asked_back_nothing_is_left():
    order = a_paid_order()
    a_return(order, "100.00")
    assert refused(order) is NothingLeft


def test_returns_together_never_exceed_what_was_paid():
    order = a_paid_order()
    a_return(order, "60.00")
    with pytest.raises(MoreThanPaid) as caught:
        a_return(order, "40.01")
    assert caught.value.members["left"]["amount"] == "40.00"
    a_return(order, "40.00")


def test_nobody_approves_what_they_asked_for_or_sold():
    order = a_paid_order()
    found = a_return(order, "10.00", by="asker")
    for who in ("asker", order.staff_id, order.placed_by):
        with pytest.raises(OwnReturn):
            found.approve(order, None, by=who, at=NOON)
    assert [fact.key for fact in found.approve(order, "同意", by=BOSS, at=NOON)] == ["return.approved.v1"]


def test_one_may_take_back_what_one_asked_for():
    order = a_paid_order()
    a_return(order, "10.00", by=BOSS).reject(order, "看错了", by=BOSS, at=NOON)
    assert order.left == Decimal("100.00")


def test_a_return_is_decided_once():
    order = a_paid_order()
    for first in ("approve", "reject"):
        found = a_return(order, "10.00")
        getattr(found, first)(order, "好", by=BOSS, at=NOON)
        for again in ("approve", "reject"):
            with pytest.raises(NotRequested):
                getattr(found, again)(order, "好", by=BOSS, at=NOON)


def test_money_goes_back_only_when_granted_and_once():
    order, money = a_paid_order(), {"method": "alipay"}
    found = a_return(order, "10.00")
    with pytest.raises(NotGranted):
        found.refund(order, money, by=BOSS, at=NOON)
    found.approve(order, None, by=BOSS, at=NOON)
    (fact,) = found.refund(order, money, by=BOSS, at=NOON)
    assert (fact.key, fact.amount.amount, fact.refunded_total.amount) == (
        "return.refunded.v1",
        Decimal("10.00"),
        Decimal("10.00"),
    )
    with pytest.raises(RefundedAlready):
        found.refund(order, money, by=BOSS, at=NOON)
    rejected = a_return(order, "10.00")
    rejected.reject(order, "已使用", by=BOSS, at=NOON)
    with pytest.raises(NotGranted):
        rejected.refund(order, money, by=BOSS, at=NOON)


def test_an_order_whose_money_is_asked_back_is_not_handed_out():
    order = a_paid_order()
    part = a_return(order, "10.00")
    with pytest.raises(OrderInReturn):
        order.ship(at=NOON)
    part.approve(order, None, by=BOSS, at=NOON)
    part.refund(order, {"method": "alipay"}, by=BOSS, at=NOON)
    order.ship(at=NOON)
    assert order.state == "shipped"


def test_an_order_that_is_refunded_in_full_is_never_handed_out():
    order = a_paid_order()
    all_of_it = a_return(order, "100.00")
    all_of_it.approve(order, None, by=BOSS, at=NOON)
    all_of_it.refund(order, {"method": "alipay"}, by=BOSS, at=NOON)
    with pytest.raises(OrderInReturn):
        order.ship(at=NOON)


def test_whole_packs_come_back_as_their_items_and_at_their_price():
    order = an_order(quantity=3, price="95.00")
    lines = wanted_lines(order, [], quantity=2)
    assert [(line["no"], line["quantity"]) for line in lines] == [("I1", 20), ("I2", 10)]
    assert worth(order, lines) == Decimal("190.00")


def test_of_an_item_no_more_comes_back_than_was_sold():
    order = an_order(quantity=2)
    diamonds, stones = (line["item_id"] for line in order.lines)
    first = wanted_lines(order, [], lines=[{"item_id": diamonds, "quantity": 15}])
    assert worth(order, first) == Decimal("120.00")  # 15 of 10.00 each, at 100.00 for 125.00
    with pytest.raises(MoreThanSold):
        wanted_lines(order, first, lines=[{"item_id": diamonds, "quantity": 3}] * 2)
    with pytest.raises(MoreThanSold):
        wanted_lines(order, first, quantity=1)
    rest = wanted_lines(order, first)
    assert [(line["item_id"], line["quantity"]) for line in rest] == [(diamonds, 5), (stones, 10)]


def test_an_item_that_was_not_sold_is_a_wrong_field():
    with pytest.raises(WrongFields):
        wanted_lines(an_order(), [], lines=[{"item_id": BOSS, "quantity": 1}])
