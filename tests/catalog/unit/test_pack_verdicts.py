"""The verdict on a pack's price: which rule decides, by how much, and that it is exact to the cent."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.domain.codes import MAX_DISCOUNT, MIN_PRICE
from catalog.domain.errors import PriceAboveSum
from catalog.domain.pricing import DEFAULT, Line, Rule, discount_shown, fraction_text, judge, price_after, sum_of

CENT = Decimal("0.01")


def line(price: str | Decimal, quantity: int = 1) -> Line:
    return Line("i", "I1001", "玄铁", "材料", quantity, Decimal(price))


def at_most(free: str, approval: str | None = None, code: str = "D-01") -> Rule:
    return Rule(code, code, "折扣", MAX_DISCOUNT, Decimal(free), Decimal(approval) if approval else None)


def at_least(price: str, code: str = "D-02") -> Rule:
    return Rule(code, code, "底价", MIN_PRICE, min_price=Decimal(price))


USUAL = [at_most("0.10", "0.40"), at_least("1.00")]

amounts = st.decimals("0.00", "999.99", places=2)
fractions = st.decimals("0", "1", places=4)
lines_of_a_pack = st.lists(st.builds(line, amounts, st.integers(1, 9999)), min_size=1, max_size=5)
limits = st.tuples(fractions, st.none() | fractions).map(
    lambda pair: Rule("m", "D-01", "折扣", MAX_DISCOUNT, pair[0], None if pair[1] is None else max(pair))
)
floors = st.decimals("0.01", "500.00", places=2).map(
    lambda price: Rule("p", "D-02", "底价", MIN_PRICE, min_price=price)
)
some_rules = st.lists(limits | floors, max_size=4)


@pytest.mark.parametrize(
    ("price", "allowed", "needs_approval", "margin"),
    [
        ("100.00", True, False, "10.00"),
        ("90.00", True, False, "0.00"),
        ("89.99", True, True, "-0.01"),
        ("60.00", True, True, "-30.00"),
        ("59.99", False, False, "-0.01"),
    ],
)
def test_exactly_at_a_limit_passes_and_a_cent_below_does_not(price, allowed, needs_approval, margin):
    verdict = judge([line("100.00")], USUAL, price=Decimal(price))
    assert (verdict.allowed, verdict.needs_approval) == (allowed, needs_approval)
    assert verdict.deciding.rule.code == "D-01"
    assert verdict.deciding.margin == Decimal(margin)


def test_the_limit_that_was_crossed_is_named():
    found = {
        price: judge([line("100.00")], USUAL, price=Decimal(price)).plain()["rule"]["limit"]
        for price in ("95.00", "80.00", "50.00")
    }
    assert found == {"95.00": "0.10", "80.00": "0.10", "50.00": "0.40"}


def test_a_blocking_rule_is_named_before_one_that_needs_approval():
    verdict = judge([line("1.20")], [at_most("0.10", "0.40"), at_least("1.00")], price=Decimal("0.90"))
    assert [finding.needs_approval for finding in verdict.findings] == [True, False]
    assert (verdict.allowed, verdict.needs_approval, verdict.deciding.rule.code) == (False, False, "D-02")


def test_of_two_equally_strict_rules_the_lower_code_is_named():
    rules = [at_most("0.10", code="D-100"), at_most("0.20", code="D-12"), at_most("0.05", code="D-2")]
    verdict = judge([line("10.00")], rules, price=Decimal("1.00"))
    assert [finding.rule.code for finding in verdict.findings] == ["D-2", "D-12", "D-100"]
    assert verdict.deciding.rule.code == "D-2"


def test_without_an_approval_limit_nothing_beyond_the_free_one_is_approved():
    verdict = judge([line("100.00")], [at_most("0.10")], price=Decimal("89.99"))
    assert not verdict.allowed


def test_without_any_rule_nothing_goes_below_the_sum():
    assert judge([line("10.00")], [], price=Decimal("10.00")).allowed
    blocked = judge([line("10.00")], [], price=Decimal("9.99"))
    assert (blocked.allowed, blocked.deciding.rule) == (False, DEFAULT)


def test_a_pack_of_items_that_cost_nothing_is_blocked():
    verdict = judge([line("0.00")], [at_most("1"), at_least("1.00")], discount=Decimal("0"))
    assert (verdict.allowed, verdict.deciding.rule.code) == (False, "D-02")
    assert verdict.plain()["discount"] == "0.0000"


def test_nothing_is_sold_for_nothing_even_where_all_is_allowed():
    verdict = judge([line("10.00")], [at_most("1")], discount=Decimal("1"))
    assert (verdict.allowed, verdict.deciding.rule.id) == (False, "floor")


def test_a_price_above_the_sum_is_refused():
    with pytest.raises(PriceAboveSum) as refused:
        judge([line("10.00")], USUAL, price=Decimal("10.01"))
    assert refused.value.members["sum"] == {"amount": "10.00", "currency": "CNY"}


def test_what_a_typed_discount_comes_to_is_exactly_at_that_limit():
    """9.99 less 10 % is 8.991, so 8.99 in cents: neither the typing nor the till has gone beyond 10 %."""
    by_discount = judge([line("9.99")], [at_most("0.10")], discount=Decimal("0.10"))
    by_price = judge([line("9.99")], [at_most("0.10")], price=Decimal("8.99"))
    assert by_discount == by_price
    assert by_price.allowed
    assert not judge([line("9.99")], [at_most("0.10")], price=Decimal("8.98")).allowed


def test_a_discount_is_not_shown_as_less_than_it_is():
    assert str(discount_shown(Decimal("100000.00"), Decimal("89996.00"))) == "0.1001"
    assert str(discount_shown(Decimal("100.00"), Decimal("90.00"))) == "0.1000"
    assert not judge([line("100000.00")], [at_most("0.10")], price=Decimal("89996.00")).allowed


def test_limits_are_shown_with_two_places_or_as_many_as_they_have():
    given = [Decimal("0.1"), Decimal("0.125000"), Decimal("0"), Decimal("1"), None]
    assert [fraction_text(limit) for limit in given] == ["0.10", "0.125", "0.00", "1.00", None]


@given(lines_of_a_pack, fractions)
def test_a_price_from_a_discount_is_whole_cents_half_up(lines, discount):
    total = sum_of(lines)
    exact = total * (1 - discount)
    price = price_after(total, discount)
    assert price == exact.quantize(CENT, ROUND_HALF_UP)
    assert abs(price - exact) <= CENT / 2


@given(lines_of_a_pack, fractions)
def test_the_discount_shown_is_the_true_one_rounded_up_in_its_fourth_place(lines, share):
    total = sum_of(lines)
    price = price_after(total, share)
    shown = Fraction(discount_shown(total, price))
    true = 1 - Fraction(price) / Fraction(total) if total else Fraction(0)
    assert true <= shown < true + Fraction(1, 10_000)


@given(lines_of_a_pack, fractions, some_rules)
def test_a_verdict_depends_on_the_price_alone_however_it_was_typed(lines, discount, rules):
    by_discount = judge(lines, rules, discount=discount)
    assert judge(lines, rules, price=by_discount.price) == by_discount


@given(lines_of_a_pack, fractions, some_rules)
def test_a_verdict_is_what_its_rules_say_together(lines, discount, rules):
    verdict = judge(lines, rules, discount=discount)
    assert verdict.allowed == all(finding.passed for finding in verdict.findings)
    assert not (verdict.needs_approval and not verdict.allowed)
    for finding in verdict.findings:
        assert (finding.margin < 0) == (not finding.passed or finding.needs_approval)
    deciding = verdict.deciding
    assert deciding.passed == verdict.allowed
    assert deciding.needs_approval == verdict.needs_approval


@given(lines_of_a_pack, fractions, fractions, some_rules)
def test_a_lower_price_never_gets_a_milder_verdict(lines, one, other, rules):
    dearer = judge(lines, rules, discount=min(one, other))
    cheaper = judge(lines, rules, discount=max(one, other))
    assert dearer.allowed or not cheaper.allowed
    assert not (dearer.needs_approval and cheaper.allowed and not cheaper.needs_approval)


@given(lines_of_a_pack, fractions, some_rules, st.randoms())
def test_the_order_of_the_rules_does_not_matter(lines, discount, rules, random):
    shuffled = random.sample(rules, len(rules))
    one, other = judge(lines, rules, discount=discount), judge(lines, shuffled, discount=discount)
    assert (one.allowed, one.needs_approval) == (other.allowed, other.needs_approval)
    assert one.deciding.rule.code == other.deciding.rule.code
