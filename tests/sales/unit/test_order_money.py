"""However an order is paid, it is paid exactly (S4)."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sales.domain.errors import NotPayable, Overpaid
from tests.sales.builders import NOON, a_pack, a_payment, an_order

amounts = st.decimals(min_value=Decimal("0.01"), max_value=Decimal("99999.99"), places=2)


@st.composite
def splits(draw: st.DrawFn) -> tuple[Decimal, int, list[Decimal]]:
    """(price, quantity, payments that add up to the total): any split into up to eight parts."""
    price, quantity = draw(amounts), draw(st.integers(1, 999))
    cents = int(price * quantity * 100)
    cuts = draw(st.lists(st.integers(1, max(1, cents - 1)), max_size=7, unique=True))
    edges = sorted({0, cents, *(cut for cut in cuts if cut < cents)})
    return price, quantity, [Decimal(b - a) / 100 for a, b in pairwise(edges)]


@given(splits())
def test_payments_in_any_split_end_in_paid_exactly(split: tuple[Decimal, int, list[Decimal]]):
    price, quantity, parts = split
    order = an_order(a_pack(price=price), quantity=quantity)
    assert order.total == price * quantity
    for number, part in enumerate(parts, 1):
        facts = [fact.key for fact in order.receive(a_payment(part), at=NOON)]
        last = number == len(parts)
        assert order.state == ("paid" if last else "part_paid")
        assert facts == ["payment.received.v1", "order.paid.v1"][: 1 + last]
        assert order.paid_total == sum(parts[:number])
    assert (order.paid_total, order.due) == (order.total, 0)


@given(amounts, st.lists(amounts, max_size=12))
def test_never_more_is_taken_than_is_due(total: Decimal, payments: list[Decimal]):
    order = an_order(a_pack(price=total))
    for amount in payments:
        before, due = (order.paid_total, order.state, order.version, len(order.payments)), order.due
        if amount <= due:
            order.receive(a_payment(amount), at=NOON)
        else:
            with pytest.raises(Overpaid) as caught:
                order.receive(a_payment(amount), at=NOON)
            assert caught.value.members["due"]["amount"] == str(due)
            assert (order.paid_total, order.state, order.version, len(order.payments)) == before
        assert 0 <= order.paid_total <= order.total
        assert order.paid_total == sum(payment.amount for payment in order.payments)
        assert (order.state == "paid") == (order.paid_total == order.total)


def test_one_cent_too_much_is_too_much():
    with pytest.raises(Overpaid):
        an_order().receive(a_payment("100.01"), at=NOON)


def test_a_paid_order_takes_nothing_more():
    order = an_order()
    order.receive(a_payment("100.00"), at=NOON)
    with pytest.raises(Overpaid):
        order.receive(a_payment("0.01"), at=NOON)


def test_an_order_that_awaits_approval_takes_no_payment():
    with pytest.raises(NotPayable):
        an_order(price="70").receive(a_payment("70"), at=NOON)


def test_a_cancelled_order_takes_no_payment():
    order = an_order()
    order.cancel("玩家反悔", at=NOON)
    with pytest.raises(NotPayable):
        order.receive(a_payment("100"), at=NOON)


def test_every_fact_of_one_order_has_a_newer_version():
    order = an_order()
    versions = [1]
    for amount in ("40", "60"):
        versions += [f.entity_version for f in order.receive(a_payment(amount), at=NOON) if f.key == "order.paid.v1"]
    versions += [order.ship(at=NOON)[0].entity_version, order.complete(at=NOON)[0].entity_version]
    assert versions == sorted(set(versions))
