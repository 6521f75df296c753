"""The routes of leads. What is answered to a write is kept for 24 hours, so a phone number in it is always masked."""

from __future__ import annotations

from typing import Any

from chassis.data.pagination import Page
from chassis.data.unit_of_work import UnitOfWork
from chassis.http.routes import Routes
from sales.api import lead_schemas as schemas
from sales.api.opportunity_schemas import MayBeWhy, Receiver, StepsShown, Why
from sales.api.pool_views import kept_lead_view, lead_view, steps_view
from sales.application import leads, pooling
from sales.domain.lead import Lead
from sales.persistence import leads as queries
from sales.persistence.opportunities import steps_of
from sales.settings import settings

routes = Routes("leads", "Leads", show=kept_lead_view)
_WRITE, _ONE = "lead.write", "/leads/<uuid:lead_id>"


@routes.post(
    "/leads",
    action=_WRITE,
    body=schemas.NewLead,
    answer=schemas.LeadShown,
    status=201,
    place="/leads/{id}",
    problems={409: "duplicate_lead"},
)
def create(uow: UnitOfWork, body: dict[str, Any]) -> Lead:
    """Write a lead down."""
    return leads.create_lead(uow, body, phones=settings().phones)


@routes.get("/leads", action="sales.read", query=schemas.LeadQuery, answer=schemas.LeadPage, show=lead_view)
def find(uow: UnitOfWork, query: dict[str, Any]) -> Page:
    """Find leads."""
    return queries.find_leads(uow, query, phones=settings().phones)


@routes.get(_ONE, action="sales.read", answer=schemas.LeadShown, show=lead_view)
def read(uow: UnitOfWork, lead_id: str) -> Lead:
    """Read one lead."""
    return uow.get(Lead, lead_id)


@routes.get(f"{_ONE}/history", action="sales.read", answer=StepsShown)
def history(uow: UnitOfWork, lead_id: str) -> dict[str, Any]:
    """Read what happened to it, and whose it was when."""
    return steps_view(steps_of(uow, Lead, lead_id))


@routes.patch(
    _ONE,
    action=_WRITE,
    body=schemas.LeadEdit,
    answer=schemas.LeadShown,
    problems={409: "lead_closed, contact_missing, duplicate_lead"},
)
def edit(uow: UnitOfWork, lead_id: str, version: int, body: dict[str, Any]) -> Lead:
    """Change a lead's fields."""
    return leads.edit_lead(uow, lead_id, body, version=version, phones=settings().phones)


def _step(name: str, problems: str, body: Any = None, action: str = _WRITE, **options: Any) -> Any:
    return routes.post(
        f"{_ONE}/{name}",
        action=action,
        body=body,
        answer=schemas.LeadShown,
        versioned=True,
        problems={409: problems},
        **options,
    )


@_step("convert", "lead_closed", schemas.Conversion, references={"player_id": "player"})
def convert(uow: UnitOfWork, lead_id: str, version: int, body: dict[str, Any]) -> Lead:
    """Say which player a lead has become; its opportunities follow."""
    return leads.convert_lead(uow, lead_id, body, version=version)


@_step("discard", "lead_closed", Why)
def discard(uow: UnitOfWork, lead_id: str, version: int, body: dict[str, Any]) -> Lead:
    """Discard a lead, with the reason."""
    return leads.discard_lead(uow, lead_id, body["reason"], version=version)


@_step("reopen", "lead_open, duplicate_lead", Why)
def reopen(uow: UnitOfWork, lead_id: str, version: int, body: dict[str, Any]) -> Lead:
    """Reopen a lead that was converted or discarded."""
    return leads.reopen_lead(uow, lead_id, body["reason"], version=version)


@_step("claim", "lead_closed, not_in_pool, holds_too_many, claimed_too_many")
def claim(uow: UnitOfWork, lead_id: str, version: int) -> Lead:
    """Claim a lead from the pool."""
    return pooling.claim(uow, Lead, lead_id, version=version, timezone=settings().timezone)


@_step("release", "lead_closed, not_held, not_yours", MayBeWhy)
def release(uow: UnitOfWork, lead_id: str, version: int, body: dict[str, Any]) -> Lead:
    """Give a lead back to the pool."""
    return pooling.release(uow, Lead, lead_id, body.get("reason"), version=version)


@_step("assign", "lead_closed, staff_left", Receiver, "pool.assign", references={"staff_id": "staff"})
def assign(uow: UnitOfWork, lead_id: str, version: int, body: dict[str, Any]) -> Lead:
    """Give a lead to somebody, whatever the limits say."""
    return pooling.assign(uow, Lead, lead_id, body["staff_id"], body.get("reason"), version=version)
