"""What may be claimed, how a price difference is worked out, and who has to say so (S27)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from chassis.rules import RuleBroken
from sales.domain.claim_errors import (
    ClaimNotApproved,
    ClaimNotOpen,
    ClaimPaidAlready,
    DifferenceClaimed,
    NoCheaperPrice,
    NotOwnClaim,
    OrderNotPaid,
    OwnClaim,
)
from sales.domain.claiming import Claimable, ClaimTerms, Standing, claimable, packs_kept, spans
from sales.domain.copies import PackPrice
from sales.domain.errors import MoreThanPaid, NothingLeft, OrderInReturn
from sales.domain.order import Order
from tests.sales.builders import NOON, a_claim, a_payment, a_price, a_return, an_order

DAY, TERMS = timedelta(days=1), ClaimTerms(days=7)


def a_paid_order(amount: str | None = None, **fields) -> Order:
    order = an_order(**fields)
    order.receive(a_payment(amount or order.total), at=NOON)
    return order


def difference(order: Order, *history: PackPrice, at=NOON + 30 * DAY, standing: Standing = Standing()) -> Claimable:
    known = spans(history, {order.player_id})
    return claimable(order, "price_difference", None, known=known, standing=standing, terms=TERMS, at=at)


def refused(found: Claimable) -> type[RuleBroken]:
    assert found.refusal is not None
    assert found.rule == found.refusal.code
    return type(found.refusal)


def test_a_claim_is_made_on_an_order_that_is_paid_in_full():
    cancelled = an_order()
    cancelled.receive(a_payment("40.00"), at=NOON)
    cancelled.cancel("反悔", at=NOON)
    for order in (an_order(), a_paid_order("40.00"), cancelled):
        assert refused(claimable(order, "compensation", Decimal(1), at=NOON)) is OrderNotPaid
    order = a_paid_order()
    for step in ("ship", "complete"):
        assert claimable(order, "compensation", Decimal(1), at=NOON).refusal is None
        getattr(order, step)(at=NOON)
    assert claimable(order, "compensation", Decimal(100), at=NOON).refusal is None


def test_a_compensation_is_at_most_what_is_left():
    order = a_paid_order()
    a_return(order, "60.00")
    assert claimable(order, "compensation", Decimal("40.00"), at=NOON).left == Decimal("40.00")
    assert refused(claimable(order, "compensation", Decimal("40.01"), at=NOON)) is MoreThanPaid
    a_claim(order, "40.00")
    assert refused(claimable(order, "compensation", Decimal("0.01"), at=NOON)) is NothingLeft


def test_the_difference_is_to_the_lowest_price_within_the_days_for_each_pack_and_says_which_and_when():
    order = a_paid_order(quantity=3)
    before, dear, low, lower = (NOON + n * DAY for n in (-9, 1, 2, 6))
    history = [
        a_price(n, p, at) for n, (p, at) in enumerate((("100", before), ("110", dear), ("90", low), ("80", lower)))
    ]
    found = difference(order, *history)
    assert (found.rule, found.amount) == ("sold_cheaper", Decimal("60.00"))
    assert found.basis is not None
    assert (found.basis["price"]["amount"], found.basis["lower_price"]["amount"]) == ("100.00", "80.00")
    assert (found.basis["lower_at"][:10], found.basis["quantity"]) == (lower.date().isoformat(), 3)
    assert difference(order, *history, at=lower - DAY).amount == Decimal("30.00")


def test_the_last_moment_of_the_days_counts_and_the_next_does_not():
    order = a_paid_order()
    assert difference(order, a_price(1, "90", NOON + 7 * DAY)).amount == Decimal("10.00")
    late = difference(order, a_price(1, "90", NOON + 7 * DAY + timedelta(milliseconds=1)))
    assert refused(late) is NoCheaperPrice
    assert late.refusal is not None
    assert late.refusal.members["days"] == 7


def test_only_what_the_player_could_have_bought_counts():
    order = a_paid_order()
    at = NOON + DAY
    for fields in ({"state": "draft"}, {"state": "withdrawn"}, {"player_id": "another"}, {"valid_until": at}):
        assert refused(difference(order, a_price(1, "90", at, **fields))) is NoCheaperPrice, fields
    assert difference(order, a_price(1, "90", at, player_id=order.player_id)).refusal is None
    assert difference(order, a_price(1, "90", at, valid_until=at + DAY)).refusal is None


def test_a_price_that_ended_before_the_order_is_no_difference():
    order = a_paid_order()
    gone = [a_price(1, "90", NOON - 9 * DAY), a_price(2, "100", NOON)]
    assert refused(difference(order, *gone)) is NoCheaperPrice
    lasting = [a_price(1, "90", NOON - 9 * DAY), a_price(2, "100", NOON + DAY)]
    found = difference(order, *lasting)
    assert found.basis is not None
    assert (found.amount, found.basis["lower_at"]) == (Decimal("10.00"), "2026-11-22T04:00:00.000Z")


def test_the_same_difference_is_paid_once_and_a_lower_price_gives_a_further_one():
    order = a_paid_order()
    first = a_price(1, "90", NOON + DAY)
    claimed = Standing(claimed=Decimal("10.00"))
    assert refused(difference(order, first, standing=claimed)) is DifferenceClaimed
    assert difference(order, first, a_price(2, "75", NOON + 2 * DAY), standing=claimed).amount == Decimal("15.00")


def test_a_pack_that_came_back_gives_no_difference():
    order = a_paid_order(quantity=3)
    diamonds = order.lines[0]
    back = [{"item_id": diamonds["item_id"], "quantity": 11}]
    assert (packs_kept(order, []), packs_kept(order, back)) == (3, 1)
    price = a_price(1, "90", NOON + DAY)
    assert difference(order, price, standing=Standing(back)).amount == Decimal("10.00")
    all_of_it = [{"item_id": diamonds["item_id"], "quantity": 30}]
    assert refused(difference(order, price, standing=Standing(all_of_it))) is NothingLeft


def test_a_difference_is_never_more_than_what_is_left():
    order = a_paid_order()
    a_return(order, "95.00")
    assert difference(order, a_price(1, "80", NOON + DAY)).amount == Decimal("5.00")


def test_who_claimed_it_or_sold_the_order_never_approves_it():
    order = a_paid_order(by="seller")
    found = a_claim(order, "10.00", by="asker")
    for who in ("asker", "seller"):
        with pytest.raises(OwnClaim):
            found.approve(order, None, by=who, at=NOON)
    found.approve(order, "查过了", by="boss", at=NOON)
    assert (found.state, found.decided_by) == ("approved", "boss")


def test_a_claim_is_decided_once_and_paid_once():
    order = a_paid_order()
    found = a_claim(order, "10.00")
    with pytest.raises(ClaimNotApproved):
        found.pay(order, {"method": "alipay"}, by="boss", at=NOON)
    found.approve(order, None, by="boss", at=NOON)
    with pytest.raises(ClaimNotOpen):
        found.reject(order, "不行", by="boss", at=NOON)
    found.pay(order, {"method": "alipay"}, by="boss", at=NOON)
    with pytest.raises(ClaimPaidAlready):
        found.pay(order, {"method": "alipay"}, by="boss", at=NOON)
    assert (order.refunded_total, order.claimed_total, order.left) == (Decimal(10), 0, Decimal(90))


def test_only_who_made_it_takes_it_back_and_only_while_it_is_open():
    order = a_paid_order()
    found = a_claim(order, "10.00", by="asker")
    with pytest.raises(NotOwnClaim):
        found.withdraw(order, by="boss", at=NOON)
    found.withdraw(order, by="asker", at=NOON)
    assert (found.state, order.left, order.claimed_total) == ("withdrawn", Decimal(100), 0)
    with pytest.raises(ClaimNotOpen):
        found.withdraw(order, by="asker", at=NOON)


def test_a_claim_holds_no_goods_back_but_a_return_does():
    order = a_paid_order()
    a_claim(order, "10.00")
    order.ship(at=NOON)
    other = a_paid_order()
    a_claim(other, "10.00")
    a_return(other, "10.00")
    with pytest.raises(OrderInReturn):
        other.ship(at=NOON)
