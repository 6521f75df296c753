"""The routes of campaigns and their results."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from chassis.callers import Caller
from chassis.clock import rfc3339
from chassis.data.pagination import Page
from chassis.data.unit_of_work import UnitOfWork
from chassis.http.routes import PREFIX, Routes
from chassis.money import money_view
from sales.api import campaign_schemas as schemas
from sales.application import campaigns
from sales.domain.campaign import Campaign
from sales.domain.codes import OUTCOMES
from sales.persistence.campaigns import SOLD_STATES, Results, find_campaigns, results_of

_PLAIN = ("id", "no", "name", "plan", "packs", "target", "department_id", "state", "reason", "planned_by", "version")
_MOMENTS = ("starts_at", "ends_at", "started_at", "ended_at", "created_at", "updated_at")


def campaign_view(found: Campaign, _who: Caller | None = None) -> dict[str, Any]:
    """One campaign."""
    return {
        **{name: getattr(found, name) for name in _PLAIN},
        **{name: rfc3339(getattr(found, name)) for name in _MOMENTS},
        "budget": money_view(found.budget, found.currency),
        "cost": money_view(found.cost, found.currency),
    }


def results_view(found: Results) -> dict[str, Any]:
    """What came of one campaign: every figure with the address of its rows."""
    campaign, currency = found.campaign, found.campaign.currency

    def figure(count: int, resource: str = "touches", **filters: str) -> dict[str, Any]:
        query = urlencode({"campaign_id": campaign.id, **filters}, safe=",")
        return {"count": count, "rows": f"{PREFIX}/{resource}?{query}"}

    reasons = sorted(found.lost_reasons.items(), key=lambda pair: (-pair[1], pair[0]))
    return {
        "campaign_id": campaign.id,
        "players": found.players,
        "contacted": figure(found.contacted),
        **{outcome: figure(found.outcomes.get(outcome, 0), outcome=outcome) for outcome in OUTCOMES},
        "lost_reasons": [
            {"lost_reason": reason, **figure(count, outcome="refused", lost_reason=reason)} for reason, count in reasons
        ],
        "orders": figure(found.orders, "orders", state=",".join(SOLD_STATES)),
        "revenue": money_view(found.revenue, currency),
        "budget": money_view(campaign.budget, currency),
        "spent": money_view(campaign.spent, currency),
        "roi": None if found.roi is None else str(found.roi),
    }


routes = Routes("campaigns", "Campaigns", show=campaign_view)


@routes.post(
    "/campaigns",
    action="campaign.write",
    body=schemas.NewCampaign,
    answer=schemas.CampaignShown,
    status=201,
    place="/campaigns/{id}",
    references={"department_id": "department"},
)
def create(uow: UnitOfWork, body: dict[str, Any]) -> Campaign:
    """Plan a campaign: a draft, which its moment or a person starts."""
    return campaigns.plan_campaign(uow, body)


@routes.get("/campaigns", action="sales.read", query=schemas.CampaignQuery, answer=schemas.CampaignPage)
def find(uow: UnitOfWork, query: dict[str, Any]) -> Page:
    """Find campaigns."""
    return find_campaigns(uow, query)


@routes.get("/campaigns/<uuid:campaign_id>", action="sales.read", answer=schemas.CampaignShown)
def read(uow: UnitOfWork, campaign_id: str) -> Campaign:
    """Read one campaign."""
    return uow.get(Campaign, campaign_id)


@routes.patch(
    "/campaigns/<uuid:campaign_id>",
    action="campaign.write",
    body=schemas.CampaignEdit,
    answer=schemas.CampaignShown,
    references={"department_id": "department"},
    problems={409: "campaign_fixed"},
)
def edit(uow: UnitOfWork, campaign_id: str, version: int, body: dict[str, Any]) -> Campaign:
    """Change a campaign's fields: fewer of them once it has begun, and only plan and cost once it is over."""
    return campaigns.change_campaign(uow, campaign_id, body, version=version)


@routes.delete("/campaigns/<uuid:campaign_id>", action="campaign.write", problems={409: "campaign_not_draft"})
def remove(uow: UnitOfWork, campaign_id: str, version: int) -> None:
    """Remove a campaign that has not begun."""
    campaigns.remove_campaign(uow, campaign_id, version=version)


@routes.post(
    "/campaigns/<uuid:campaign_id>/start",
    action="campaign.write",
    answer=schemas.CampaignShown,
    versioned=True,
    problems={409: "campaign_not_draft, campaign_over"},
)
def start(uow: UnitOfWork, campaign_id: str, version: int) -> Campaign:
    """Begin now: contacts and orders can name it."""
    return campaigns.start_campaign(uow, campaign_id, version=version)


@routes.post(
    "/campaigns/<uuid:campaign_id>/end",
    action="campaign.write",
    answer=schemas.CampaignShown,
    versioned=True,
    problems={409: "campaign_not_running"},
)
def end(uow: UnitOfWork, campaign_id: str, version: int) -> Campaign:
    """End now: nothing more is counted for it."""
    return campaigns.end_campaign(uow, campaign_id, version=version)


@routes.post(
    "/campaigns/<uuid:campaign_id>/cancel",
    action="campaign.write",
    body=schemas.CallingOff,
    answer=schemas.CampaignShown,
    versioned=True,
    problems={409: "campaign_not_open"},
)
def cancel(uow: UnitOfWork, campaign_id: str, version: int, body: dict[str, Any]) -> Campaign:
    """Call a campaign off, before it begins or while it runs."""
    return campaigns.cancel_campaign(uow, campaign_id, body["reason"], version=version)


@routes.get("/campaigns/<uuid:campaign_id>/results", action="sales.read", answer=schemas.ResultsShown)
def results(uow: UnitOfWork, campaign_id: str) -> dict[str, Any]:
    """What came of it: contacts, sales, reasons and the return on what was spent; each figure opens its rows."""
    return results_view(results_of(uow, campaign_id))
