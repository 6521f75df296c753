"""The routes of what reviews are made by: scorecards, and the rules by which tickets are drawn."""

from __future__ import annotations

from typing import Any

from chassis.callers import Caller
from chassis.clock import rfc3339
from chassis.data.pagination import Page
from chassis.data.unit_of_work import UnitOfWork
from chassis.http.routes import Routes
from ticket.api import review_schemas as schemas
from ticket.application import reviews
from ticket.domain.sampling_rule import SamplingRule
from ticket.domain.scorecard import Scorecard
from ticket.persistence.reviews import find_rules, find_scorecards


def scorecard_view(card: Scorecard, _who: Caller | None = None) -> dict[str, Any]:
    """One scorecard."""
    names = ("id", "name", "sections", "revision", "active", "created_by", "version")
    return {**{name: getattr(card, name) for name in names}, **_moments(card)}


def rule_view(rule: SamplingRule, _who: Caller | None = None) -> dict[str, Any]:
    """One sampling rule."""
    names = ("id", "name", "kind", "department_id", "active", "created_by", "version")
    share = f"{rule.share:.6f}".rstrip("0").rstrip(".")
    return {**{name: getattr(rule, name) for name in names}, "share": share, **_moments(rule)}


def _moments(record: Scorecard | SamplingRule) -> dict[str, Any]:
    return {name: rfc3339(getattr(record, name)) for name in ("created_at", "updated_at")}


scorecards = Routes("scorecards", "Scorecards", show=scorecard_view)
rules = Routes("sampling-rules", "Sampling rules", show=rule_view)


@scorecards.post(
    "/scorecards",
    action="scorecard.write",
    body=schemas.NewScorecard,
    answer=schemas.ScorecardShown,
    status=201,
    place="/scorecards/{id}",
)
def create_scorecard(uow: UnitOfWork, body: dict[str, Any]) -> Scorecard:
    """Write a scorecard down."""
    return reviews.create_scorecard(uow, body)


@scorecards.get("/scorecards", action="review.read", query=schemas.InUseQuery, answer=schemas.ScorecardPage)
def find_cards(uow: UnitOfWork, query: dict[str, Any]) -> Page:
    """Find scorecards."""
    return find_scorecards(uow, query)


@scorecards.get("/scorecards/<uuid:scorecard_id>", action="review.read", answer=schemas.ScorecardShown)
def read_card(uow: UnitOfWork, scorecard_id: str) -> Scorecard:
    """Read one scorecard."""
    return uow.get(Scorecard, scorecard_id)


@scorecards.patch(
    "/scorecards/<uuid:scorecard_id>",
    action="scorecard.write",
    body=schemas.ScorecardEdit,
    answer=schemas.ScorecardShown,
)
def edit_scorecard(uow: UnitOfWork, scorecard_id: str, version: int, body: dict[str, Any]) -> Scorecard:
    """Change a scorecard; reviews that were made by it stay as they are."""
    return reviews.edit_scorecard(uow, scorecard_id, body, version=version)


@rules.post(
    "/sampling-rules",
    action="sampling_rule.write",
    body=schemas.NewSamplingRule,
    answer=schemas.SamplingRuleShown,
    status=201,
    place="/sampling-rules/{id}",
    references={"department_id": "department"},
)
def create_rule(uow: UnitOfWork, body: dict[str, Any]) -> SamplingRule:
    """Write a sampling rule down."""
    return reviews.create_rule(uow, body)


@rules.get("/sampling-rules", action="review.read", query=schemas.InUseQuery, answer=schemas.SamplingRulePage)
def find_sampling_rules(uow: UnitOfWork, query: dict[str, Any]) -> Page:
    """Find sampling rules."""
    return find_rules(uow, query)


@rules.get("/sampling-rules/<uuid:sampling_rule_id>", action="review.read", answer=schemas.SamplingRuleShown)
def read_rule(uow: UnitOfWork, sampling_rule_id: str) -> SamplingRule:
    """Read one sampling rule."""
    return uow.get(SamplingRule, sampling_rule_id)


@rules.patch(
    "/sampling-rules/<uuid:sampling_rule_id>",
    action="sampling_rule.write",
    body=schemas.SamplingRuleEdit,
    answer=schemas.SamplingRuleShown,
    references={"department_id": "department"},
)
def edit_rule(uow: UnitOfWork, sampling_rule_id: str, version: int, body: dict[str, Any]) -> SamplingRule:
    """Change a sampling rule; what was drawn stays."""
    return reviews.edit_rule(uow, sampling_rule_id, body, version=version)


@rules.delete("/sampling-rules/<uuid:sampling_rule_id>", action="sampling_rule.write")
def remove_rule(uow: UnitOfWork, sampling_rule_id: str, version: int) -> None:
    """Take a sampling rule away; what was drawn stays."""
    reviews.remove_rule(uow, sampling_rule_id, version=version)
