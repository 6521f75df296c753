"""A discount rule has the fields of its kind, in an order that makes sense."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from catalog.domain.discount_rule import DiscountRule
from chassis.rules import WrongFields

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def a_rule(kind: str, **fields) -> DiscountRule:
    amounts = {name: Decimal(value) for name, value in fields.items()}
    return DiscountRule(id="r", code="D-01", name="规则", kind=kind, active=True, **amounts)


@pytest.mark.parametrize(
    ("kind", "fields", "pointers"),
    [
        ("max_discount", {}, ["/free_limit"]),
        ("max_discount", {"free_limit": "0.1", "min_price": "1"}, ["/min_price"]),
        ("max_discount", {"free_limit": "0.4", "approval_limit": "0.1"}, ["/approval_limit"]),
        ("min_price", {}, ["/min_price"]),
        ("min_price", {"min_price": "1", "free_limit": "0.1"}, ["/free_limit"]),
    ],
)
def test_a_field_of_another_kind_or_a_missing_one_is_refused(kind, fields, pointers):
    with pytest.raises(WrongFields) as refused:
        a_rule(kind, **fields).make(NOON)
    assert [pointer for pointer, _ in refused.value.errors] == pointers


def test_a_change_is_checked_too():
    rule = a_rule("max_discount", free_limit="0.1", approval_limit="0.4")
    rule.make(NOON)
    with pytest.raises(WrongFields):
        rule.edit({"free_limit": None}, NOON)


def test_a_change_that_changes_nothing_tells_nothing():
    rule = a_rule("min_price", min_price="1.00")
    rule.make(NOON)
    assert rule.edit({"min_price": Decimal("1.0"), "active": True}, NOON) == []
    assert rule.version == 1
