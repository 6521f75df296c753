"""What is done with a campaign: plan, change, remove, start, end and call off; and the clock that starts and ends them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sqlalchemy import and_, or_, select

from chassis.clock import new_id
from chassis.data.numbers import plain_number
from chassis.data.unit_of_work import UnitOfWork
from chassis.rules import Forbidden, NotFound, WrongFields
from sales.domain.campaign import Campaign
from sales.domain.campaign_events import CampaignFact
from sales.domain.codes import DRAFT, RUNNING
from sales.domain.copies import PackCopy

AT_ONCE = 100  # campaigns that the clock moves in one transaction
_NO_TARGET: dict[str, Any] = {"tags": [], "vip_tiers": [], "segment": ""}


def plan_campaign(uow: UnitOfWork, fields: Mapping[str, Any]) -> Campaign:
    """Plan one; publishes campaign.planned.

    `fields`: name, budget (Money); plan, cost (Money), packs (numbers), target, department_id, starts_at, ends_at (UTC)
    where there are. Who reaches only some departments plans for one of them. Raises NotFound, WrongFields.
    """
    values = _values(uow, {"plan": "", "packs": [], "target": {}, **fields})
    values.setdefault("department_id", None if uow.caller.scope.kind == "all" else uow.caller.department_id)
    _must_be_own(uow, values["department_id"])
    campaign = Campaign(id=new_id(), version=1, currency=fields["budget"].currency, planned_by=uow.caller.id, **values)
    campaign.no = plain_number(uow.session, "M")
    uow.publish(campaign.draft(at=uow.now()))
    return uow.add(campaign)


def change_campaign(uow: UnitOfWork, campaign_id: str, fields: Mapping[str, Any], *, version: int) -> Campaign:
    """Change some fields; publishes campaign.planned. Raises NotFound, Forbidden, StaleRecord, CampaignFixed, WrongFields."""
    campaign = _own(uow, campaign_id, version)
    if "department_id" in fields:
        _must_be_own(uow, fields["department_id"])
    uow.publish(campaign.edit(_values(uow, fields), at=uow.now()))
    return campaign


def remove_campaign(uow: UnitOfWork, campaign_id: str, *, version: int) -> None:
    """Remove a draft; publishes campaign.removed. Raises NotFound, Forbidden, StaleRecord, CampaignNotDraft."""
    campaign = _own(uow, campaign_id, version)
    uow.publish(campaign.remove(at=uow.now()))
    uow.session.delete(campaign)


def start_campaign(uow: UnitOfWork, campaign_id: str, *, version: int) -> Campaign:
    """Begin; publishes campaign.started. Raises NotFound, Forbidden, StaleRecord, CampaignNotDraft, CampaignOver."""
    return _change(uow, campaign_id, version, lambda campaign: campaign.start(at=uow.now()))


def end_campaign(uow: UnitOfWork, campaign_id: str, *, version: int) -> Campaign:
    """End; publishes campaign.ended. Raises NotFound, Forbidden, StaleRecord, CampaignNotRunning."""
    return _change(uow, campaign_id, version, lambda campaign: campaign.end(at=uow.now()))


def cancel_campaign(uow: UnitOfWork, campaign_id: str, reason: str, *, version: int) -> Campaign:
    """Call off; publishes campaign.cancelled. Raises NotFound, Forbidden, StaleRecord, CampaignNotOpen."""
    return _change(uow, campaign_id, version, lambda campaign: campaign.cancel(reason, at=uow.now()))


def running_campaign(uow: UnitOfWork, campaign_id: str | None) -> str | None:
    """The ID of the campaign that a touch or an order names, if it names one. Raises NotFound, CampaignNotRunning."""
    if campaign_id is not None:
        uow.get(Campaign, campaign_id).must_run()
    return campaign_id


def keep_to_the_clock(uow: UnitOfWork) -> None:
    """Start and end what is due, by a timer: the state of each says what has been done, so nothing is told twice or lost."""
    now = uow.now()
    due = or_(
        and_(Campaign.state == DRAFT, Campaign.starts_at <= now),
        and_(Campaign.state == RUNNING, Campaign.ends_at <= now),
    )
    for campaign in uow.session.scalars(select(Campaign).where(due).limit(AT_ONCE).with_for_update(skip_locked=True)):
        uow.publish(campaign.keep_to_the_clock(at=now))


def _change(
    uow: UnitOfWork, campaign_id: str, version: int, rule: Callable[[Campaign], list[CampaignFact]]
) -> Campaign:
    campaign = _own(uow, campaign_id, version)
    uow.publish(rule(campaign))
    return campaign


def _own(uow: UnitOfWork, campaign_id: str, version: int) -> Campaign:
    """One that the caller may change, locked; the whole company's are read by all and changed by who reaches all."""
    campaign = uow.for_update(Campaign, campaign_id, version)
    caller = uow.caller
    if caller.scope.kind != "all" and campaign.department_id not in _departments(uow):
        raise Forbidden()
    return campaign


def _must_be_own(uow: UnitOfWork, department_id: str | None) -> None:
    if uow.caller.scope.kind != "all" and department_id not in _departments(uow):
        raise NotFound()


def _departments(uow: UnitOfWork) -> tuple[str, ...]:
    return uow.caller.scope.departments if uow.caller.scope.kind == "departments" else ()


def _values(uow: UnitOfWork, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of these fields."""
    values = dict(fields)
    for name in ("budget", "cost"):
        if values.get(name) is not None:
            values[name] = values[name].amount
    if "target" in values:
        values["target"] = {**_NO_TARGET, **values["target"]}
    if "packs" in values:
        values["packs"] = _known(uow, values["packs"])
    return values


def _known(uow: UnitOfWork, numbers: Iterable[str]) -> list[str]:
    """These packs' numbers, each once. Raises WrongFields."""
    asked = list(dict.fromkeys(number.upper() for number in numbers))
    known = set(uow.session.scalars(select(PackCopy.no).where(PackCopy.no.in_(asked))))
    if wrong := [(f"/packs/{place}", "unknown_pack") for place, number in enumerate(asked) if number not in known]:
        raise WrongFields(wrong)
    return asked
