"""What is done with an opportunity: open, change, move, win, lose and reopen it (S11)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chassis.clock import new_id
from chassis.data.unit_of_work import UnitOfWork
from sales.application.orders import same_currency
from sales.application.steps import told
from sales.domain.lead import Lead
from sales.domain.opportunity import Opportunity
from sales.domain.order import Order
from sales.domain.pool import Pool
from sales.domain.pool_codes import FIRST_CONTACT, OPENED
from sales.persistence.lookups import pack_numbered
from sales.persistence.pools import pool_of
from sales.persistence.projections import PEOPLE


def open_opportunity(uow: UnitOfWork, fields: Mapping[str, Any]) -> Opportunity:
    """Open one for a player or a lead the caller reaches; the caller's own, or in the pool `pool_id`.

    `fields`: player_id or lead_id, title; stage, pack_no, amount (Money), next_at (UTC), note, pool_id where there are.
    Publishes opportunity.opened. Raises NotFound, WrongFields, StageIsAnEnd, LeadClosed.
    """
    found = new_opportunity(uow, fields)
    if fields.get("lead_id"):
        lead = uow.locked(Lead, fields["lead_id"])
        lead.must_be_open()
        found.lead_id = lead.id
    else:
        found.player, _ = PEOPLE.by_id(uow, fields["player_id"])
        found.player_id = found.player.id
    pool = uow.get(Pool, fields["pool_id"]).id if fields.get("pool_id") else None
    owner = None if pool else uow.caller.staff_id
    facts = found.open(owner_id=owner, pool_id=pool or pool_of(uow, owner), at=uow.now())
    uow.add(found)
    told(uow, found, facts, OPENED)
    return found


def new_opportunity(uow: UnitOfWork, fields: Mapping[str, Any]) -> Opportunity:
    """One of nobody yet, that is not opened yet. Raises NotFound, WrongFields."""
    found = Opportunity(id=new_id(), version=1, currency="CNY", created_by=uow.caller.id, note=fields.get("note") or "")
    found.title, found.stage = fields["title"], fields.get("stage") or FIRST_CONTACT
    found.next_at, found.amount = fields.get("next_at"), None
    if fields.get("amount") is not None:
        same_currency("/amount", fields["amount"].currency, found.currency)
        found.amount = fields["amount"].amount
    found.concern(pack_numbered(uow, fields["pack_no"]) if fields.get("pack_no") else None)
    return found


def edit_opportunity(uow: UnitOfWork, opportunity_id: str, fields: Mapping[str, Any], *, version: int) -> Opportunity:
    """Change some fields; publishes opportunity.updated. Raises NotFound, StaleRecord, WrongFields, OpportunityClosed."""
    found = uow.for_update(Opportunity, opportunity_id, version)
    values, pack = dict(fields), None
    if values.get("amount") is not None:
        same_currency("/amount", values["amount"].currency, found.currency)
        values["amount"] = values["amount"].amount
    if values.get("pack_no"):
        pack = pack_numbered(uow, values["pack_no"])
        values["pack_no"] = pack.no
    uow.publish(found.edit(values, pack, at=uow.now()))
    return found


def move_opportunity(uow: UnitOfWork, opportunity_id: str, stage: str, *, version: int) -> Opportunity:
    """Put it into another stage; publishes opportunity.moved.

    Raises NotFound, StaleRecord, OpportunityClosed, StageIsAnEnd.
    """
    found = uow.for_update(Opportunity, opportunity_id, version)
    told(uow, found, found.move(stage, at=uow.now()), "moved")
    return found


def win_opportunity(uow: UnitOfWork, opportunity_id: str, order_id: str | None, *, version: int) -> Opportunity:
    """It sold; publishes opportunity.won. The order, where one is named, is one the caller reaches.

    Raises NotFound, StaleRecord, OpportunityClosed, LeadFirst, OrderOfOther, OrderCalledOff.
    """
    found = uow.for_update(Opportunity, opportunity_id, version)
    order = uow.get(Order, order_id) if order_id else None
    told(uow, found, found.win(order, at=uow.now()), "won")
    return found


def lose_opportunity(
    uow: UnitOfWork, opportunity_id: str, reason: str, note: str | None, *, version: int
) -> Opportunity:
    """It did not sell, for this coded reason; publishes opportunity.lost.

    Raises NotFound, StaleRecord, OpportunityClosed, WrongFields.
    """
    found = uow.for_update(Opportunity, opportunity_id, version)
    told(uow, found, found.lose(reason, note, at=uow.now()), "lost", reason=note)
    return found


def reopen_opportunity(uow: UnitOfWork, opportunity_id: str, reason: str, *, version: int) -> Opportunity:
    """It was not over; publishes opportunity.moved. Raises NotFound, StaleRecord, OpportunityOpen."""
    found = uow.for_update(Opportunity, opportunity_id, version)
    told(uow, found, found.reopen(reason, at=uow.now()), "reopened", reason=reason)
    return found
