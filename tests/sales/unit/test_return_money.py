"""In whatever order returns are asked for, decided and refunded, no more goes back than came in (S25)."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from chassis.rules import RuleBroken
from sales.domain.order import Order
from sales.domain.returning import wanted_lines, worth
from sales.domain.returns import Return
from tests.sales.builders import NOON, a_line, a_pack, a_payment, a_return, an_order

amounts = st.decimals(min_value=Decimal("0.01"), max_value=Decimal("999.99"), places=2)
steps = st.tuples(st.sampled_from(("request", "approve", "reject", "refund", "ship")), st.integers(0, 5), amounts)


def sums(returns: Iterable[Return], *states: str) -> Decimal:
    return sum((found.amount for found in returns if found.state in states), Decimal())


def take(step: str, order: Order, returns: list[Return], number: int, amount: Decimal) -> None:
    """One step, which a rule may refuse."""
    if step == "request":
        returns.append(a_return(order, amount))
    elif step == "ship":
        order.ship(at=NOON)
    elif returns:
        found = returns[number % len(returns)]
        if step == "refund":
            found.refund(order, {"method": "alipay"}, by="boss", at=NOON)
        else:
            getattr(found, step)(order, "好", by="boss", at=NOON)


@given(amounts, st.booleans(), st.lists(steps, max_size=40))
def test_refunds_never_exceed_payments_and_the_sums_are_those_of_the_returns(
    paid: Decimal, called_off: bool, taken: list[tuple[str, int, Decimal]]
):
    order, returns = an_order(a_pack(price=paid * 2 if called_off else paid)), list[Return]()
    order.receive(a_payment(paid), at=NOON)
    if called_off:
        order.cancel("玩家反悔", at=NOON)
    for step, number, amount in taken:
        before = (order.version, order.returned_total, order.refunded_total, order.state, [r.state for r in returns])
        try:
            take(step, order, returns, number, amount)
        except RuleBroken:
            now = (order.version, order.returned_total, order.refunded_total, order.state, [r.state for r in returns])
            assert now == before
        assert order.refunded_total == sums(returns, "refunded")
        assert order.returned_total == sums(returns, "requested", "approved", "refunded")
        assert 0 <= order.refunded_total <= order.returned_total <= order.paid_total == paid
        assert order.left == paid - order.returned_total


@given(
    amounts,
    st.integers(1, 9),
    st.lists(st.tuples(st.integers(1, 20), amounts), min_size=1, max_size=5),
    st.data(),
)
def test_items_that_come_back_one_after_the_other_are_worth_what_was_paid_to_the_cent_each(
    price: Decimal, quantity: int, items: list[tuple[int, Decimal]], data: st.DataObject
):
    lines = [a_line(no=f"I{n}", quantity=count, unit=str(unit)) for n, (count, unit) in enumerate(items)]
    listed = sum((count * unit for count, unit in items), Decimal())
    order = an_order(a_pack(price=price, lines=lines, sum=listed), quantity=quantity)
    before, worths = list[dict](), list[Decimal]()
    for line in order.lines:
        left = line["quantity"] * order.quantity
        while left:
            part = data.draw(st.integers(max(1, left // 3), left))
            back = wanted_lines(order, before, lines=[{"item_id": line["item_id"], "quantity": part}])
            before, worths, left = before + back, [*worths, worth(order, back)], left - part
    assert wanted_lines(order, before) == []
    assert abs(sum(worths) - order.total) <= Decimal("0.005") * len(worths)
    assert worth(order, wanted_lines(order, [])) == order.total
