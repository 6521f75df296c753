"""What is done with a lead: write down, change, convert, discard and reopen it (S9, S10)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError

from chassis.clock import new_id
from chassis.data.phones import Phones
from chassis.data.unit_of_work import UnitOfWork
from sales.application.opportunities import new_opportunity
from sales.application.steps import told
from sales.domain.copies import PlayerCopy
from sales.domain.lead import ONE_HANDLE, ONE_PHONE, Lead
from sales.domain.opportunity import Opportunity
from sales.domain.pool import Pool
from sales.domain.pool_codes import OPENED
from sales.domain.pool_errors import DuplicateLead
from sales.persistence.pools import pool_of
from sales.persistence.projections import PEOPLE


def create_lead(uow: UnitOfWork, fields: Mapping[str, Any], *, phones: Phones) -> Lead:
    """Write a lead down: the caller's own, or in the pool `pool_id`; publishes lead.created.

    `fields`: phone (E.164) or wechat_id; name, source, campaign_id, channel, note, pool_id where there are.
    Raises NotFound, ContactMissing, DuplicateLead.
    """
    lead = Lead(id=new_id(), version=1, created_by=uow.caller.id)
    pool = uow.get(Pool, fields["pool_id"]).id if fields.get("pool_id") else None
    owner = None if pool else uow.caller.staff_id
    facts = lead.create(fields, phones, owner_id=owner, pool_id=pool or pool_of(uow, owner), at=uow.now())
    _refuse_duplicates(uow, lead)
    try:
        uow.add(lead)
    except IntegrityError as error:
        raise _duplicate_behind(error) from error
    told(uow, lead, facts, OPENED)
    return lead


def edit_lead(uow: UnitOfWork, lead_id: str, fields: Mapping[str, Any], *, version: int, phones: Phones) -> Lead:
    """Change some fields; publishes lead.updated.

    Raises NotFound, StaleRecord, LeadClosed, ContactMissing, DuplicateLead.
    """
    lead = uow.for_update(Lead, lead_id, version)
    with uow.session.no_autoflush:
        facts = lead.edit(fields, phones, at=uow.now())
        _refuse_duplicates(uow, lead)
    uow.publish(facts)
    _flush(uow)
    return lead


def convert_lead(uow: UnitOfWork, lead_id: str, fields: Mapping[str, Any], *, version: int) -> Lead:
    """Say which player it has become; its opportunities follow, and `opportunity` opens another; publishes lead.converted.

    Raises NotFound, StaleRecord, LeadClosed, StageIsAnEnd.
    """
    lead = uow.for_update(Lead, lead_id, version)
    player, _ = PEOPLE.by_id(uow, fields["player_id"])
    told(uow, lead, lead.convert(player, at=uow.now()), "converted")
    theirs = select(Opportunity).where(Opportunity.lead_id == lead.id, Opportunity.player_id.is_(None))
    for one in uow.session.scalars(theirs.order_by(Opportunity.id).with_for_update(of=Opportunity)):
        uow.publish(one.follow(player.id, at=uow.now()))
    if fields.get("opportunity"):
        _open_with(uow, lead, player, fields["opportunity"])
    return lead


def discard_lead(uow: UnitOfWork, lead_id: str, reason: str, *, version: int) -> Lead:
    """Nothing will come of it; publishes lead.discarded. Raises NotFound, StaleRecord, LeadClosed."""
    lead = uow.for_update(Lead, lead_id, version)
    told(uow, lead, lead.discard(reason, at=uow.now()), "discarded", reason=reason)
    return lead


def reopen_lead(uow: UnitOfWork, lead_id: str, reason: str, *, version: int) -> Lead:
    """It was not over; publishes lead.reopened. Raises NotFound, StaleRecord, LeadOpen, DuplicateLead."""
    lead = uow.for_update(Lead, lead_id, version)
    with uow.session.no_autoflush:
        facts = lead.reopen(reason, at=uow.now())
        _refuse_duplicates(uow, lead)
    _flush(uow)
    told(uow, lead, facts, "reopened", reason=reason)
    return lead


def _open_with(uow: UnitOfWork, lead: Lead, player: PlayerCopy, fields: Mapping[str, Any]) -> None:
    """The opportunity that a conversion begins with is whose the lead was."""
    found = new_opportunity(uow, fields)
    found.player_id, found.lead_id, found.player = player.id, lead.id, player
    facts = found.open(owner_id=lead.owner_id, pool_id=lead.pool_id, at=uow.now())
    uow.add(found)
    told(uow, found, facts, OPENED)


def _flush(uow: UnitOfWork) -> None:
    try:
        uow.session.flush()
    except IntegrityError as error:
        raise _duplicate_behind(error) from error


def _refuse_duplicates(uow: UnitOfWork, lead: Lead) -> None:
    """Raise DuplicateLead where another open lead has the phone number or the WeChat ID."""
    index, handle = lead.contacts
    same = [Lead.phone_index == index] if index else []
    same += [Lead.wechat_key == handle] if handle else []
    others = (or_(*same), Lead.closed_at.is_(None), Lead.id != lead.id)
    if uow.session.scalar(select(Lead.id).where(*others).limit(1)) is not None:
        found = uow.session.execute(select(Lead.id, Lead.name).where(*others, uow.visible(Lead)).limit(1)).first()
        raise DuplicateLead(members={"existing": {"id": found.id, "name": found.name} if found else None})


def _duplicate_behind(error: IntegrityError) -> Exception:
    """What to raise for an index that was violated by somebody who was quicker."""
    constraint = getattr(getattr(error.orig, "diag", None), "constraint_name", None)
    return DuplicateLead(members={"existing": None}) if constraint in (ONE_PHONE, ONE_HANDLE) else error
