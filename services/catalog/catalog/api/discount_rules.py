"""The routes of discount rules."""

from __future__ import annotations

from typing import Any

from catalog.api import answers, schemas
from catalog.api.views import rule_view
from catalog.application import rules
from catalog.domain.discount_rule import DiscountRule
from catalog.persistence import queries
from chassis.data.pagination import Page
from chassis.data.unit_of_work import UnitOfWork
from chassis.http.routes import Routes

routes = Routes("discount-rules", "Discount rules", show=rule_view)


@routes.post(
    "/discount-rules",
    action="discount_rule.write",
    body=schemas.NewRule,
    answer=answers.RuleShown,
    status=201,
    place="/discount-rules/{id}",
)
def create(uow: UnitOfWork, body: dict[str, Any]) -> DiscountRule:
    """Make a discount rule."""
    return rules.create_rule(uow, body)


@routes.get("/discount-rules", action="discount_rule.read", query=schemas.RuleQuery, answer=answers.RulePage)
def find(uow: UnitOfWork, query: dict[str, Any]) -> Page:
    """Find discount rules."""
    return queries.find_rules(uow, query)


@routes.get("/discount-rules/<uuid:rule_id>", action="discount_rule.read", answer=answers.RuleShown)
def read(uow: UnitOfWork, rule_id: str) -> DiscountRule:
    """Read one discount rule."""
    return uow.get(DiscountRule, rule_id)


@routes.patch(
    "/discount-rules/<uuid:rule_id>",
    action="discount_rule.write",
    body=schemas.RuleEdit,
    answer=answers.RuleShown,
)
def edit(uow: UnitOfWork, rule_id: str, version: int, body: dict[str, Any]) -> DiscountRule:
    """Change a discount rule, or switch it off; packs that are on sale stay as they are."""
    return rules.edit_rule(uow, rule_id, body, version=version)
