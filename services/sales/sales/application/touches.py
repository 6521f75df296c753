"""What is done with a touch: log it, change it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chassis.clock import new_id
from chassis.data.unit_of_work import UnitOfWork
from sales.application.campaigns import running_campaign
from sales.domain.copies import PackCopy, PlayerCopy
from sales.domain.opportunity import Opportunity
from sales.domain.touch import Touch
from sales.persistence.lookups import pack_numbered
from sales.persistence.projections import PEOPLE


def log_touch(uow: UnitOfWork, fields: Mapping[str, Any]) -> Touch:
    """Log a contact of the caller with a player the caller reaches; publishes touch.logged.

    An opportunity that is named is not idle then, and goes on when the touch says.

    `fields`: player_id, channel, outcome; lost_reason, pack_no, note, next_at (UTC), opportunity_id, campaign_id where there are.
    Raises NotFound, WrongFields, CampaignNotRunning.
    """
    player, _ = PEOPLE.by_id(uow, fields["player_id"])
    running_campaign(uow, fields.get("campaign_id"))
    pack = pack_numbered(uow, fields["pack_no"]) if fields.get("pack_no") else None
    touch = new_touch(uow, player, pack, fields)
    facts = touch.log(at=uow.now())
    uow.add(touch)
    uow.publish(facts)
    if touch.opportunity_id is not None:
        uow.publish(uow.locked(Opportunity, touch.opportunity_id).touched(touch.next_at, at=uow.now()))
    return touch


def new_touch(uow: UnitOfWork, player: PlayerCopy, pack: PackCopy | None, fields: Mapping[str, Any]) -> Touch:
    """A touch of the caller that is not logged yet."""
    optional = ("lost_reason", "next_at", "order_id", "opportunity_id", "campaign_id")
    touch = Touch(
        id=new_id(),
        version=1,
        player_id=player.id,
        staff_id=uow.caller.staff_id,
        channel=fields["channel"],
        outcome=fields["outcome"],
        note=fields.get("note") or "",
        **{name: fields.get(name) for name in optional},
    )
    touch.player = player
    touch.concern(pack)
    return touch


def change_touch(uow: UnitOfWork, touch_id: str, fields: Mapping[str, Any], *, version: int) -> Touch:
    """Change some fields; a pack that is named anew is copied in as it is now; publishes touch.logged.

    Raises NotFound, StaleRecord, WrongFields, TouchHasOrder, CampaignNotRunning.
    """
    touch = uow.for_update(Touch, touch_id, version)
    if fields.get("campaign_id") != touch.campaign_id:
        running_campaign(uow, fields.get("campaign_id"))
    values, pack = dict(fields), None
    if values.get("pack_no"):
        pack = pack_numbered(uow, values["pack_no"])
        values["pack_no"] = pack.no
    if values.get("opportunity_id"):
        uow.get(Opportunity, values["opportunity_id"])
    uow.publish(touch.change(values, pack, at=uow.now()))
    return touch
