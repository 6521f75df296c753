"""What is done with discount rules: made, changed, switched off."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from catalog.domain.discount_rule import DiscountRule
from catalog.persistence import queries
from chassis.clock import new_id
from chassis.data.unit_of_work import UnitOfWork
from chassis.money import Money


def create_rule(uow: UnitOfWork, fields: Mapping[str, Any]) -> DiscountRule:
    """Make a rule of `name`, `kind` and, by kind, `free_limit` and `approval_limit` (Decimal) or `min_price` (Money).

    Raises WrongFields.
    """
    rule = DiscountRule(id=new_id(), code="", **{"active": True, **_amounts(fields)})
    rule.check()  # before a number is drawn, so that no mistake leaves a gap
    rule.code = queries.next_rule_code(uow)
    uow.publish(rule.make(uow.now()))
    uow.add(rule)
    return rule


def edit_rule(uow: UnitOfWork, rule_id: str, fields: Mapping[str, Any], *, version: int) -> DiscountRule:
    """Change a rule; packs that are on sale stay as they are. Raises NotFound, StaleRecord, WrongFields."""
    rule = uow.for_update(DiscountRule, rule_id, version)
    uow.publish(rule.edit(_amounts(fields), uow.now()))
    return rule


def _amounts(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value.amount if isinstance(value, Money) else value for name, value in fields.items()}
