"""The routes of opportunities."""

from __future__ import annotations

from typing import Any

from chassis.data.pagination import Page
from chassis.data.unit_of_work import UnitOfWork
from chassis.http.routes import Routes
from chassis.money import money_view
from sales.api import opportunity_schemas as schemas
from sales.api.pool_views import opportunity_view, steps_view
from sales.application import opportunities, pooling
from sales.domain.opportunity import Opportunity
from sales.persistence import opportunities as queries
from sales.settings import settings

routes = Routes("opportunities", "Opportunities", show=opportunity_view)
_WRITE, _ONE = "opportunity.write", "/opportunities/<uuid:opportunity_id>"


@routes.post(
    "/opportunities",
    action=_WRITE,
    body=schemas.NewOpportunity,
    answer=schemas.OpportunityShown,
    status=201,
    place="/opportunities/{id}",
    references={"player_id": "player", "pack_no": "pack"},
    problems={409: "stage_is_an_end, lead_closed"},
)
def create(uow: UnitOfWork, body: dict[str, Any]) -> Opportunity:
    """Open an opportunity for a player or a lead."""
    return opportunities.open_opportunity(uow, body)


@routes.get("/opportunities", action="sales.read", query=schemas.OpportunityQuery, answer=schemas.OpportunityPage)
def find(uow: UnitOfWork, query: dict[str, Any]) -> Page:
    """Find opportunities."""
    return queries.find_opportunities(uow, query)


@routes.get("/opportunities/totals", action="sales.read", query=schemas.BoardQuery, answer=schemas.StageTotals)
def totals(uow: UnitOfWork, query: dict[str, Any]) -> dict[str, Any]:
    """Count opportunities by stage, with what is expected of them."""
    found = queries.stage_totals(uow, query)
    return {"items": [{"stage": stage, "count": n, "amount": money_view(total)} for stage, n, total in found]}


@routes.get(_ONE, action="sales.read", answer=schemas.OpportunityShown)
def read(uow: UnitOfWork, opportunity_id: str) -> Opportunity:
    """Read one opportunity."""
    return uow.get(Opportunity, opportunity_id)


@routes.get(f"{_ONE}/history", action="sales.read", answer=schemas.StepsShown)
def history(uow: UnitOfWork, opportunity_id: str) -> dict[str, Any]:
    """Read what happened to it, and whose it was when."""
    return steps_view(queries.steps_of(uow, Opportunity, opportunity_id))


@routes.patch(
    _ONE,
    action=_WRITE,
    body=schemas.OpportunityEdit,
    answer=schemas.OpportunityShown,
    references={"pack_no": "pack"},
    problems={409: "opportunity_closed"},
)
def edit(uow: UnitOfWork, opportunity_id: str, version: int, body: dict[str, Any]) -> Opportunity:
    """Change an opportunity's fields."""
    return opportunities.edit_opportunity(uow, opportunity_id, body, version=version)


def _step(name: str, problems: str, body: Any = None, action: str = _WRITE, **options: Any) -> Any:
    return routes.post(
        f"{_ONE}/{name}",
        action=action,
        body=body,
        answer=schemas.OpportunityShown,
        versioned=True,
        problems={409: problems},
        **options,
    )


@_step("move", "opportunity_closed, stage_is_an_end", schemas.Move)
def move(uow: UnitOfWork, opportunity_id: str, version: int, body: dict[str, Any]) -> Opportunity:
    """Put an opportunity into another stage."""
    return opportunities.move_opportunity(uow, opportunity_id, body["stage"], version=version)


@_step("win", "opportunity_closed, lead_first, order_of_other_player, order_called_off", schemas.Win)
def win(uow: UnitOfWork, opportunity_id: str, version: int, body: dict[str, Any]) -> Opportunity:
    """Win an opportunity, by an order where there is one."""
    return opportunities.win_opportunity(uow, opportunity_id, body.get("order_id"), version=version)


@_step("lose", "opportunity_closed", schemas.Lose)
def lose(uow: UnitOfWork, opportunity_id: str, version: int, body: dict[str, Any]) -> Opportunity:
    """Lose an opportunity, with the reason."""
    reason, note = body["reason"], body.get("note")
    return opportunities.lose_opportunity(uow, opportunity_id, reason, note, version=version)


@_step("reopen", "opportunity_open", schemas.Why)
def reopen(uow: UnitOfWork, opportunity_id: str, version: int, body: dict[str, Any]) -> Opportunity:
    """Reopen an opportunity that was won or lost."""
    return opportunities.reopen_opportunity(uow, opportunity_id, body["reason"], version=version)


@_step("claim", "opportunity_closed, not_in_pool, holds_too_many, claimed_too_many")
def claim(uow: UnitOfWork, opportunity_id: str, version: int) -> Opportunity:
    """Claim an opportunity from the pool."""
    return pooling.claim(uow, Opportunity, opportunity_id, version=version, timezone=settings().timezone)


@_step("release", "opportunity_closed, not_held, not_yours", schemas.MayBeWhy)
def release(uow: UnitOfWork, opportunity_id: str, version: int, body: dict[str, Any]) -> Opportunity:
    """Give an opportunity back to the pool."""
    return pooling.release(uow, Opportunity, opportunity_id, body.get("reason"), version=version)


@_step("assign", "opportunity_closed, staff_left", schemas.Receiver, "pool.assign", references={"staff_id": "staff"})
def assign(uow: UnitOfWork, opportunity_id: str, version: int, body: dict[str, Any]) -> Opportunity:
    """Give an opportunity to somebody, whatever the limits say."""
    receiver, reason = body["staff_id"], body.get("reason")
    return pooling.assign(uow, Opportunity, opportunity_id, receiver, reason, version=version)
