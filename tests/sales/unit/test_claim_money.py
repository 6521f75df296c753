"""Whatever prices a pack has had, and in whatever order claims and returns come: the sums hold (S25, S27)."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from chassis.rules import RuleBroken
from sales.domain.claiming import ClaimTerms, Standing, claimable, spans
from sales.domain.claims import Claim
from sales.domain.order import Order
from sales.domain.returns import Return
from tests.sales.builders import NOON, a_claim, a_pack, a_payment, a_price, a_return, an_order

amounts = st.decimals(min_value=Decimal("0.01"), max_value=Decimal("999.99"), places=2)
hours = st.integers(-200, 400)
history = st.lists(
    st.tuples(hours, amounts, st.sampled_from(("on_sale", "on_sale", "withdrawn", "draft"))), max_size=12
)


def price_at(known: list[tuple[int, Decimal, str]], moment: datetime) -> Decimal | None:
    """What the pack cost at a moment, by looking at each change in turn; None while it was not on sale."""
    found: Decimal | None = None
    for hour, price, state in known:
        if NOON + timedelta(hours=hour) <= moment:
            found = price if state == "on_sale" else None
    return found


@given(amounts, st.integers(1, 9), history, st.integers(0, 14), st.integers(0, 400))
def test_the_difference_is_to_the_lowest_price_of_any_hour_that_counts(
    price: Decimal, quantity: int, changes: list[tuple[int, Decimal, str]], days: int, asked: int
):
    known = list({hour: (hour, amount, state) for hour, amount, state in sorted(changes)}.values())
    order = an_order(a_pack(price=price), quantity=quantity)
    order.receive(a_payment(order.total), at=NOON)
    rows = [
        a_price(n, amount, NOON + timedelta(hours=hour), state=state) for n, (hour, amount, state) in enumerate(known)
    ]
    at = NOON + timedelta(hours=asked)
    verdict = claimable(
        order, "price_difference", None, known=spans(rows, {order.player_id}), terms=ClaimTerms(days), at=at
    )
    counted = range(min(asked, days * 24) + 1)
    prices = [found for hour in counted if (found := price_at(known, NOON + timedelta(hours=hour))) is not None]
    lowest = min(prices, default=price)
    if lowest >= price:
        assert verdict.rule == "no_cheaper_price"
        return
    assert verdict.amount == (price - lowest) * quantity
    assert verdict.basis is not None
    since = datetime.fromisoformat(verdict.basis["lower_at"])
    assert NOON <= since <= min(at, NOON + timedelta(days=days))
    assert price_at(known, since) == lowest == Decimal(verdict.basis["lower_price"]["amount"])


@given(amounts, st.lists(amounts, min_size=1, max_size=8))
def test_differences_claimed_one_after_the_other_come_to_the_greatest(price: Decimal, later: list[Decimal]):
    order = an_order(a_pack(price=price))
    order.receive(a_payment(order.total), at=NOON)
    claimed, rows = Decimal("0.00"), []
    for number, lower in enumerate(later):
        at = NOON + timedelta(hours=number)
        rows.append(a_price(number, lower, at))
        verdict = claimable(
            order, "price_difference", None, known=spans(rows, ()), standing=Standing(claimed=claimed), at=at
        )
        if verdict.refusal is None:
            assert verdict.amount is not None
            a_claim(order, verdict.amount)
            claimed += verdict.amount
        assert claimed == max(price - min(later[: number + 1]), Decimal(0))


steps = st.tuples(
    st.sampled_from(("return", "claim", "approve", "reject", "withdraw", "pay", "refund")), st.integers(0, 5), amounts
)


def take(step: str, order: Order, made: list[Claim | Return], number: int, amount: Decimal) -> None:
    """One step, which a rule may refuse; what a kind has no such step for is left out."""
    if step in ("return", "claim"):
        made.append(a_return(order, amount) if step == "return" else a_claim(order, amount))
        return
    found = made[number % len(made)] if made else None
    if isinstance(found, Claim) and step == "withdraw":
        found.withdraw(order, by="asker", at=NOON)
    elif isinstance(found, Claim) and step == "pay":
        found.pay(order, {"method": "alipay"}, by="boss", at=NOON)
    elif isinstance(found, Return) and step == "refund":
        found.refund(order, {"method": "alipay"}, by="boss", at=NOON)
    elif found is not None and step in ("approve", "reject"):
        getattr(found, step)(order, "好", by="boss", at=NOON)


@given(amounts, st.lists(steps, max_size=40))
def test_claims_and_returns_together_never_exceed_what_was_paid(paid: Decimal, taken: list[tuple[str, int, Decimal]]):
    order, made = an_order(a_pack(price=paid)), list[Claim | Return]()
    order.receive(a_payment(paid), at=NOON)
    for step, number, amount in taken:
        before = (order.version, order.left, order.claimed_total, order.refunded_total, [one.state for one in made])
        try:
            take(step, order, made, number, amount)
        except RuleBroken:
            now = (order.version, order.left, order.claimed_total, order.refunded_total, [one.state for one in made])
            assert now == before
        gone = sum((one.amount for one in made if one.state in ("refunded", "paid")), Decimal())
        held = sum((one.amount for one in made if one.state in ("requested", "approved")), Decimal())
        claims = sum(
            (one.amount for one in made if isinstance(one, Claim) and one.state in ("requested", "approved")), Decimal()
        )
        assert (order.refunded_total, order.returned_total, order.claimed_total) == (gone, gone + held, claims)
        assert 0 <= order.refunded_total <= order.returned_total <= order.paid_total == paid
